import Glibc
import TestSupport

/// One place to die: the n-th call of a name by a thread.
struct SweepPoint: Hashable, CustomStringConvertible {
    /// The thread's name.
    let thread: String
    /// Which of the threads with that name, in order of their numbers.
    let index: Int
    let call: String
    let number: Int

    var description: String { "\(thread)#\(index) \(call) \(number)" }

    /// Calls that change nothing and wait for nothing.
    static let calls =
        "!futex,mmap,munmap,mprotect,madvise,brk,restart_syscall,sched_yield,getpid,gettid,rt_sigprocmask,set_robust_list,rseq"
}

extension Rig {
    /// The calls that the agent makes for one task when nothing disturbs it.
    func pointsOfAgent() async throws -> [SweepPoint] {
        let process = agent.identifier
        let threads = Processes.threads(of: process)
        let strace = try await Strace(process, follows: true, calls: SweepPoint.calls)
        try await run([ChaosTask("undisturbed")])
        try await pause(.milliseconds(300))
        strace.detach()
        var counts: [SweepPoint: Int] = [:]
        for call in strace.story.calls {
            guard let thread = threads.first(where: { $0.identifier == call.thread }) else { continue }
            let index = threads.filter { $0.name == thread.name && $0.identifier < thread.identifier }.count
            counts[SweepPoint(thread: thread.name, index: index, call: call.call, number: 0), default: 0] += 1
        }
        return Self.numbered(counts)
    }

    /// Kills the agent at a point of one task's way.
    ///
    /// - Returns: Whether it died there.
    func killAgent(at point: SweepPoint, task: ChaosTask) async throws -> Bool {
        if !agent.isAlive { try await startAgent() }
        let threads = Processes.threads(of: agent.identifier).filter { $0.name == point.thread }
        guard point.index < threads.count else { return false }
        let strace = try await Strace(
            threads[point.index].identifier, follows: false, calls: point.call,
            inject: ["\(point.call):signal=KILL:when=\(point.number)"])
        let isHit = try await tell(task) { !agent.isAlive }
        strace.detach()
        if !agent.isAlive {
            agent.end()
            countFault()
            try await startAgent()
        }
        try await settle()
        return isHit
    }

    /// Sends a task, and waits until the fault has come or the task has long been answered.
    @discardableResult
    func tell(_ task: ChaosTask, isSent: Bool = false, until isHit: () throws -> Bool) async throws -> Bool {
        if !isSent { sender.submit([task]) }
        var answeredAt: ContinuousClock.Instant?
        return try await wait(within: .seconds(15)) {
            if answeredAt == nil, sender.left == 0 { answeredAt = .now }
            if try isHit() { return true }
            // What comes after the answer, such as its acknowledgement, has its points too.
            guard let answeredAt, .now - answeredAt > .milliseconds(400) else { return false }
            return true
        } && (try isHit())
    }

    static func numbered(_ counts: [SweepPoint: Int]) -> [SweepPoint] {
        counts.flatMap { point, count in
            (1...count).map {
                SweepPoint(thread: point.thread, index: point.index, call: point.call, number: $0)
            }
        }
        .sorted { "\($0)" < "\($1)" }
    }
}
