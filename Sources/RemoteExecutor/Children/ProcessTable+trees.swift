import CSystem
import Glibc

extension ProcessTable {
    /// Finds the living members of the trees of all `children` at once.
    func findMembers(of children: [Child], buffer: UnsafeMutableRawBufferPointer) {
        var owners = firstOwners(children)
        claimEnvironments(children, owners: &owners, buffer: buffer)
        claimDescendants(&owners)
        for child in children {
            child.tree.members.removeAll(keepingCapacity: true)
        }
        for process in processes where process.alive {
            if let owner = owners[process.pid] {
                children[owner].tree.members.append(process)
            }
        }
    }

    /// Leaders, their sessions and members known from before.
    ///
    /// A leader is not reaped before its tree is gone, so
    /// neither its pid nor its session can be another's.
    private func firstOwners(_ children: [Child]) -> [pid_t: Int] {
        var leaders: [pid_t: Int] = [:]
        for (index, child) in children.enumerated() {
            leaders[child.pid] = index
        }
        var owners: [pid_t: Int] = [:]
        for process in processes {
            owners[process.pid] =
                leaders[process.pid] ?? leaders[process.session]
                ?? children.firstIndex { $0.tree.knows(process) }
        }
        return owners
    }

    /// Those that have the run in their environment.
    ///
    /// Nothing older than the oldest leader can be ours, which spares
    /// the look into most processes.
    private func claimEnvironments(
        _ children: [Child], owners: inout [pid_t: Int], buffer: UnsafeMutableRawBufferPointer
    ) {
        var runs: [RunID: Int] = [:]
        for (index, child) in children.enumerated() {
            runs[child.run] = index
        }
        let leaders = Set(children.map(\.pid))
        let oldest = processes.filter { leaders.contains($0.pid) }.map(\.start).min() ?? 0
        for process in processes where process.alive && process.start >= oldest && owners[process.pid] == nil {
            owners[process.pid] = run(of: process.pid, buffer: buffer).flatMap { runs[$0] }
        }
    }

    /// Those whose parent is a member.
    private func claimDescendants(_ owners: inout [pid_t: Int]) {
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for process in processes where owners[process.pid] == nil {
                if let owner = owners[process.parent] {
                    owners[process.pid] = owner
                    isGrowing = true
                }
            }
        }
    }
}
