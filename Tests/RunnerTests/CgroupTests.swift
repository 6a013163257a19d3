import CRunner
import Glibc
import TestSupport
import Testing

/// Where a cgroup is delegated, each command lives in a leaf of its own.
@Suite(.crowd) struct CgroupTests {
    private static let mount: String? = (try? TestFiles.text("/proc/self/mounts"))?.split(separator: "\n")
        .first { $0.contains(" cgroup2 ") }.map { String($0.split(separator: " ")[1]) }
    private static let isWritable = mount.map { access($0, W_OK) == 0 && getuid() == 0 } ?? false

    /// A group for one test.
    private static func group() throws -> String {
        let path = "\(mount ?? "")/recoverd-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        guard mkdir(path, 0o755) == 0 else { throw SystemFailure("mkdir \(path)", errno) }
        return path
    }

    @Test(.enabled(if: isWritable)) func commandLivesAndDiesInItsLeaf() async throws {
        let group = try Self.group()
        defer { rmdir(group) }
        let runner = try await Runner(["--stay", "--cgroup", group])
        let client = try runner.connect()
        let leaf = group + "/" + RunnerClient.digits(1)
        try client.shell(1, "cat /proc/self/cgroup; setsid sleep 1000 & sleep 1000")
        try await eventually("three live there") {
            (try? TestFiles.text(leaf + "/cgroup.procs"))?.split(separator: "\n").count == 3
        }
        try client.send(RUNNER_CANCEL, 1)
        let record = try await runner.ended(1)
        #expect(record.output.contains(RunnerClient.digits(1)) && record.facts.survivors == 0)
        try await eventually("the leaf is gone") { access(leaf, F_OK) != 0 }
        var missing = Started("/nonexistent")
        missing.variables = []
        try client.start(2, missing)
        let failed = try await runner.ended(2)
        #expect(failed.facts.step == RUNNER_STEP_EXECUTE.rawValue && failed.facts.value == ENOENT)
        try await eventually("that leaf is gone, too") { access(group + "/" + RunnerClient.digits(2), F_OK) != 0 }
    }

    @Test(.enabled(if: isWritable)) func sweepKnowsTheLeafWhenAllElseIsLost() async throws {
        let run = UInt64.random(in: 100...UInt64.max)
        let group = try Self.group()
        defer { rmdir(group) }
        let runner = try await Runner(["--stay", "--cgroup", group])
        let client = try runner.connect()
        let leaf = group + "/" + RunnerClient.digits(run)
        let supervisor = try client.shell(run, "(env -i /usr/bin/setsid /bin/sleep 1000 &) & exec sleep 1000")
        try await eventually("two live there") {
            (try? TestFiles.text(leaf + "/cgroup.procs"))?.split(separator: "\n").count == 2
        }
        kill(supervisor, SIGKILL)
        try await eventually("the lock is free") { !runner.isHeld(run) }
        try client.send(RUNNER_SWEEP, run)
        let swept: runner_swept = try client.answer(RUNNER_SWEPT)
        #expect(swept.killed == 2 && swept.survivors == 0)
        #expect(access(leaf, F_OK) != 0)
    }

    @Test(.enabled(if: isWritable)) func emptyLeavesOfTheDeadArePruned() async throws {
        let group = try Self.group()
        defer { rmdir(group) }
        mkdir(group + "/" + RunnerClient.digits(5), 0o755)
        let runner = try await Runner(["--stay", "--cgroup", group])
        #expect(access(group + "/" + RunnerClient.digits(5), F_OK) != 0)
        runner.child.end(SIGTERM)
    }
}
