import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

extension ChaosTests {
    /// Commands that print what they should not, and hosts that have too little.
    @Suite struct CommandFaults {
        @Test("F-33: a flood of errors beside no output") func errors() async throws {
            try await scenario("F-33 flood of errors") { rig, _ in
                rig.countFault()
                let tasks = (0..<Chaos.size(full: 100, slice: 3)).map {
                    ChaosTask("errors-\($0)", code: $0 % 126, command: "errors")
                }
                try await rig.run(tasks)
            }
        }

        @Test("F-34: output that is no text, or too much") func output() async throws {
            var options = Rig.Options()
            options.patience = .seconds(180)
            try await scenario("F-34 difficult output", options) { rig, _ in
                let kinds = ["binary", "line"] + (Chaos.isFull ? ["much"] : [])
                rig.countFault(kinds.count)
                for kind in kinds { rig.excuse(kind) }
                try await rig.run(kinds.map { ChaosTask($0, code: 42, command: $0) })
                for kind in kinds {
                    let codes = rig.sender.answers(to: kind).keys.map(\.code)
                    rig.expect(codes == [42], "\(kind): answered \(codes)")
                    let longest = rig.sender.answers(to: kind).keys.map(\.message.utf8.count).max() ?? 0
                    rig.expect(longest > 0 && longest < 1 << 20, "\(kind): \(longest) bytes in the answer")
                }
            }
        }

        @Test("F-10: no descriptors are left") func descriptors() async throws {
            let count = Chaos.size(full: 2000, slice: 200)
            var options = Rig.Options()
            options.members = ["MaxConcurrent": 200]
            options.outstanding = 300
            options.mayRefuse = count
            try await scenario("F-10 forty descriptors", options) { rig, _ in
                let (process, onlines) = (rig.agent.identifier, rig.sender.onlines)
                // From now on: with so few from the beginning it does not start.
                for process in [process, rig.agent.runner].compactMap({ $0 }) {
                    try ChildProgram.run("/usr/bin/prlimit", "--pid", "\(process)", "--nofile=40:40")
                }
                rig.countFault()
                try await rig.run((0..<count).map { ChaosTask("flood-\($0)", code: $0 % 126, wait: "0.2") })
                rig.expect(rig.agent.identifier == process && rig.agent.isAlive, "the agent is another one")
                rig.expect(rig.sender.onlines == onlines, "the agent lost its broker")
                try await rig.run([ChaosTask("after", code: 5)])
                let codes = rig.sender.answers(to: "after").keys.map(\.code)
                rig.expect(codes == [5], "afterwards a task was answered \(codes)")
            }
        }

        @Test("F-12: no process can be made") func processes() async throws {
            let count = Chaos.size(full: 100, slice: 20)
            var options = Rig.Options()
            options.retry = nil
            options.mayRefuse = count + 1
            try await scenario("F-12 no process can be made", options) { rig, _ in
                guard let runner = rig.agent.runner else { return rig.expect(false, "there is no runner") }
                // The runner cannot make a supervisor.
                let strace = try await Strace(
                    runner, follows: false, calls: "clone,clone3,vfork", inject: ["clone,clone3,vfork:error=EAGAIN"])
                let tasks = (0..<count).map { ChaosTask("unborn-\($0)") }
                try await rig.run(tasks)
                strace.detach()
                rig.countFault()
                // A supervisor cannot make the command.
                let task = ChaosTask("orphan")
                guard let supervisor = try await rig.stoppedSupervisor(of: runner, task) else {
                    return rig.expect(false, "no supervisor stood still")
                }
                let second = try await Strace(
                    supervisor, follows: false, calls: "clone,clone3,vfork", inject: ["clone,clone3,vfork:error=EAGAIN"]
                )
                kill(supervisor, SIGCONT)
                try await rig.settle()
                second.detach()
                rig.countFault()
                for task in tasks + [task] {
                    let codes = rig.sender.answers(to: task.id).keys.map(\.code)
                    rig.expect(codes == [ResultCode.couldNotStart.rawValue], "\(task.id) was answered \(codes)")
                }
                // What could not start is not tried again, and what comes later is as ever.
                try await rig.run([ChaosTask("after", code: 5)])
                let codes = rig.sender.answers(to: "after").keys.map(\.code)
                rig.expect(codes == [5], "afterwards a task was answered \(codes)")
            }
        }

        @Test("F-11: a command has no memory left", .enabled(if: MemoryGroup.isAllowed, "needs a memory cgroup"))
        func memory() async throws {
            let group = try MemoryGroup(megabytes: 32)
            try await scenario("F-11 command killed for its memory") { rig, _ in
                try rig.agent.directory.write(group.path, to: "group")
                let (agent, runner) = (rig.agent.identifier, rig.agent.runner)
                for number in 0..<Chaos.size(full: 20, slice: 2) {
                    let task = ChaosTask("greedy-\(number)", command: "greedy")
                    rig.excuse(task.id)
                    try await rig.run([task])
                    rig.countFault()
                    let codes = rig.sender.answers(to: task.id).keys.map(\.code)
                    rig.expect(codes == [Verdict.killed], "\(task.id) was answered \(codes)")
                }
                rig.expect(rig.agent.identifier == agent && rig.agent.isAlive, "the agent is another one")
                rig.expect(rig.agent.runner == runner, "the runner is another one")
            }
        }

        @Test("F-09: the disk takes its time") func slowDisk() async throws {
            let seconds = Chaos.size(full: 60, slice: 2)
            var options = Rig.Options()
            options.patience = .seconds(seconds * 4)
            try await scenario("F-09 fsync lasts \(seconds) s", options) { rig, generator in
                let process = rig.agent.identifier
                let strace = try await Strace(
                    process, follows: true, calls: "fsync,fdatasync",
                    inject: ["fsync,fdatasync:delay_enter=\(seconds)s:when=1"])
                try await rig.run(ChaosTask.many(20, using: &generator))
                strace.detach()
                rig.countFault(strace.lines.count { $0.contains("(DELAYED)") })
                rig.expect(rig.agent.identifier == process && rig.agent.isAlive, "the agent is another one")
            }
        }
    }
}

/// A memory cgroup with little room, which a command enters by itself; gone when nobody holds it any more.
final class MemoryGroup: Sendable {
    /// Where it is.
    let path: String

    /// Whether one can be made here.
    static let isAllowed: Bool = getuid() == 0 && (try? MemoryGroup(megabytes: 32)) != nil

    /// Makes it, in either version of cgroups.
    init(megabytes: Int) throws {
        let name = "recoverd-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        for (root, limit) in [
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max"),
        ] {
            let path = "\(root)/\(name)"
            guard mkdir(path, 0o755) == 0 else { continue }
            if let file = fopen("\(path)/\(limit)", "r+") {
                fputs("\(megabytes << 20)", file)
                guard fclose(file) == 0 else { continue }
                self.path = path
                return
            }
            rmdir(path)
        }
        throw SystemFailure("no memory cgroup can be made")
    }

    deinit { rmdir(path) }
}
