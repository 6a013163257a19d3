import CRunner
import Glibc
import TestSupport
import Testing

/// Whoever is killed, the others go on, and nobody says what he does not know.
///
/// A sweep finds its run on the whole machine, so those that are swept here have numbers of their own.
@Suite(.crowd) struct SurvivalTests {
    private static func word(_ name: String) -> String { "\(name)-\(getpid())-\(UInt32.random(in: 0...UInt32.max))" }

    @Test func sweepKillsWhatADeadSupervisorLeft() async throws {
        let run = UInt64.random(in: 100...UInt64.max)
        let runner = try await Runner()
        let client = try runner.connect()
        let (word, other) = (Self.word("sweep"), Self.word("other"))
        try client.shell(2, "while :; do sleep 1; done # \(other)")
        let supervisor = try client.shell(run, EndingTests.escapes(word))
        try await eventually("all have escaped") { try TestFiles.processes(with: word).count >= 5 }
        kill(supervisor, SIGKILL)
        try await eventually("the lock is free") { !runner.isHeld(run) }
        #expect(try runner.record(run) == nil)
        try client.send(RUNNER_SWEEP, run)
        let swept: runner_swept = try client.answer(RUNNER_SWEPT)
        #expect(swept.killed >= 4 && swept.survivors == 0)
        // One of them had neither the variable nor a session or parent of the run's: only a cgroup would know it.
        let left = try TestFiles.processes(with: word)
        #expect(left.count <= 1)
        for pid in left { kill(pid, SIGKILL) }
        #expect(try !TestFiles.processes(with: other).isEmpty)
        try client.send(RUNNER_CANCEL, 2)
        _ = try await runner.ended(2)
    }

    /// T33: nobody is killed for his number.
    @Test func sweepOfALivingOrUnknownRunTouchesNobody() async throws {
        let run = UInt64.random(in: 100...UInt64.max)
        let runner = try await Runner()
        let client = try runner.connect()
        try client.start(run, Started("/bin/sleep", "1000"))
        try client.send(RUNNER_SWEEP, run ^ 1)
        let unknown: runner_swept = try client.answer(RUNNER_SWEPT)
        #expect(unknown.killed == 0 && unknown.survivors == 0)
        try client.send(RUNNER_SWEEP, run)
        try client.send(RUNNER_CANCEL, run)
        let living: runner_swept = try client.answer(RUNNER_SWEPT)
        #expect(living.killed == 0)
        #expect(try await runner.ended(run).ending == RUNNER_CANCELLED)
    }

    @Test func killedRunnerIsReplacedAndCommandsGoOn() async throws {
        let first = try await Runner()
        let client = try first.connect()
        let gate = first.directory.path("gate")
        for run in UInt64(1)...5 { try client.shell(run, "while [ ! -e \(gate) ]; do sleep 0.01; done; exit \(run)") }
        try client.start(6, Started("/bin/sleep", "1000"))
        first.child.end(SIGKILL)
        let second = try await Runner(in: first.directory)
        let again = try second.connect()
        try again.send(RUNNER_CANCEL, 6)
        #expect(try await second.ended(6).ending == RUNNER_CANCELLED)
        try first.directory.write("", to: "gate")
        for run in UInt64(1)...5 {
            let record = try await second.ended(run)
            #expect(record.ending == RUNNER_EXITED && record.facts.value == Int32(run))
        }
    }

    @Test func secondRunnerSaysThatThereIsOne() async throws {
        let runner = try await Runner()
        let arguments = [Runner.program, "--runtime", runner.directory.path("run")]
        #expect(try ChildProgram.run(arguments + ["--background"]).contains("another runner has"))
        #expect(throws: SystemFailure.self) { try ChildProgram.run(arguments) }
        _ = try runner.connect()
    }

    @Test func terminatedRunnerLeavesItsCommands() async throws {
        let runner = try await Runner()
        try runner.connect().shell(1, "while [ ! -e \(runner.directory.path("gate")) ]; do sleep 0.01; done; exit 9")
        runner.child.send(SIGTERM)
        #expect(runner.child.wait() == 0)
        #expect(throws: SystemFailure.self) { try runner.connect() }
        try runner.directory.write("", to: "gate")
        #expect(try await runner.ended(1).facts.value == 9)
    }

    @Test func idleRunnerEnds() throws {
        let directory = try TemporaryDirectory()
        try ChildProgram.run(Runner.program, "--runtime", directory.path("run"), "--idle", "1")
        #expect(try TestFiles.names(directory.path("run")) == [RUNNER_LOCK, RUNNER_RUNS])
    }

    @Test func quitEndsAnIdleRunnerOnly() async throws {
        let runner = try await Runner([])
        var client: RunnerClient? = try runner.connect()
        try client?.start(1, Started("/bin/sleep", "1000"))
        try client?.send(RUNNER_QUIT, 0)
        try client?.send(RUNNER_CANCEL, 1)
        _ = try await runner.ended(1)
        let other = try runner.connect()
        client = nil
        try await eventually("it has seen the end of both") {
            try TestFiles.names("/proc/\(runner.child.identifier)/fd").count == Runner.descriptorsWithOnePeer
                && TestFiles.zombies(of: runner.child.identifier) == 0
        }
        try other.send(RUNNER_QUIT, 0)
        #expect(runner.child.wait() == 0)
    }

    @Test func backgroundRunnerIsReadyWhenItsStarterReturns() throws {
        let directory = try TemporaryDirectory()
        #expect(try ChildProgram.run(Runner.program, "--runtime", directory.path("run"), "--background") == "")
        let client = try RunnerClient(directory.path("run"))
        let pid = pid_t(client.greeting.pid)
        #expect(TestFiles.isAlive(pid) && getsid(pid) == pid)
        #expect(try TestFiles.names("/proc/\(pid)/fd").count == Runner.descriptorsWithOnePeer)
        try client.send(RUNNER_QUIT, 0)
        #expect(client.isCut())
    }

    @Test func runnerStartedByACommandIsNotSweptWithIt() async throws {
        let run = UInt64.random(in: 100...UInt64.max)
        let outer = try await Runner()
        let client = try outer.connect()
        let inner = try TemporaryDirectory()
        let supervisor = try client.shell(
            run, "\(Runner.program) --runtime \(inner.path("run")) --background; exec sleep 1000")
        try await eventually("the inner one listens") { (try? RunnerClient(inner.path("run"))) != nil }
        kill(supervisor, SIGKILL)
        try await eventually("the lock is free") { !outer.isHeld(run) }
        try client.send(RUNNER_SWEEP, run)
        let swept: runner_swept = try client.answer(RUNNER_SWEPT)
        #expect(swept.killed == 1 && swept.survivors == 0)
        try RunnerClient(inner.path("run")).send(RUNNER_QUIT, 0)
    }

    @Test(
        "T38: a runner that crashes leaves no memory of what it was asked",
        .enabled(if: CoreDumps.areMade, "this machine makes no core dumps"))
    func crashLeavesNoCore() async throws {
        let runner = try await Runner()
        #expect(try !CoreDumps.isLeft(by: runner.child))
    }
}
