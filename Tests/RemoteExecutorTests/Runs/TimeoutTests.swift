import CommandCatalog
import Glibc
import TestSupport
import Testing

@testable import RemoteExecutor

/// A command whose time is over goes with all that descends from it.
@Suite(.crowd)
struct TimeoutTests {
    /// Ways to survive the end of the leader.
    private static let escapes = [
        "exec sleep 1000",
        "sleep 1000 & sleep 1001 & wait",
        "trap '' TERM; while :; do sleep 0.1; done",
        "setsid sleep 1000 & wait",
        "(setsid sh -c 'sleep 1000 & sleep 1000' &) ; sleep 1000",
        "setsid sh -c \"trap '' TERM; (setsid sh -c 'sleep 1000; :' &); sleep 1000\"",
        "nohup sleep 1000 >/dev/null 2>&1 & sleep 1000",
        "(env -i setsid sleep 1000 & sleep 1000)",
        "kill -STOP $$",
        "trap 'sleep 1000 & setsid sleep 1000 &' TERM; while :; do sleep 0.05; done",
    ]

    @Test("F-30: the whole tree is gone when the result comes", arguments: escapes)
    func wholeTreeIsGoneWhenTheResultComes(_ line: String) async throws {
        let (bench, run) = (try RunBench(grace: .milliseconds(300)), RunID())
        let settings = RunBench.settings { $0.timeout = .milliseconds(300) }
        // A time to sleep that nobody else on this host sleeps, so that one without our environment is found too.
        let time = "\(Int.random(in: 100_000_000..<999_999_999))"
        let outcome = try await bench.shell(
            "echo printed; \(line.replacing("1000", with: time))", settings, run: run)
        #expect(outcome.ending == .timedOut)
        #expect(outcome.survivors == 0)
        #expect(outcome.code == nil)
        #expect(outcome.stdout.message == "printed")
        #expect(RunBench.survivors(of: run) == [])
        #expect(try await bench.shell("pgrep -fx 'sleep \(time)'").code == 1)
    }

    @Test func commandMayTidyUpDuringTheGrace() async throws {
        let settings = RunBench.settings { $0.timeout = .milliseconds(200) }
        let line = "trap 'echo tidy; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
        let outcome = try await RunBench(grace: .seconds(60)).shell(line, settings)
        #expect(outcome.ending == .timedOut)
        #expect(outcome.stdout.message == "ready\ntidy")
    }

    @Test("F-30: the kill comes after the grace") func killComesAfterTheGrace() async throws {
        let settings = RunBench.settings { $0.timeout = .milliseconds(100) }
        let line = "trap 'echo term' TERM; while :; do sleep 0.05; done"
        let outcome = try await RunBench(grace: .milliseconds(500)).shell(line, settings)
        #expect(outcome.ending == .timedOut)
        #expect(outcome.stdout.message == "term")
        #expect(try #require(outcome.duration) >= .milliseconds(600))
    }

    @Test func onlyTheCommandInQuestionIsEnded() async throws {
        let bench = try RunBench(grace: .milliseconds(200))
        async let other = bench.shell("sleep 2; echo alive")
        let settings = RunBench.settings { $0.timeout = .milliseconds(100) }
        #expect(try await bench.shell("sleep 1000", settings).ending == .timedOut)
        #expect(try await other.stdout.message == "alive")
    }

    @Test func cancelledRunEndsWithItsTreeAndSaysSo() async throws {
        let (bench, run) = (try RunBench(grace: .milliseconds(300)), RunID())
        async let outcome = bench.shell("trap '' TERM; echo printed; setsid sleep 1000; sleep 1000", run: run)
        try await eventually { RunBench.survivors(of: run).count > 1 }
        bench.runs.cancel(run)
        let end = try await outcome
        #expect(end.ending == .cancelled)
        #expect(end.stdout.message == "printed")
        #expect(RunBench.survivors(of: run) == [])
    }

    @Test func cancelOfWhatIsOverOrNeverWasDoesNothing() async throws {
        let (bench, run) = (try RunBench(), RunID())
        #expect(try await bench.shell("exit 3", run: run).code == 3)
        bench.runs.cancel(run)
        bench.runs.cancel(RunID())
        #expect(try await bench.shell("exit 4").code == 4)
    }

    @Test func stopOfTheAgentLeavesCommandsRunning() async throws {
        let (bench, run) = (try RunBench(), RunID())
        _ = try await bench.begin("sleep 1000", run: run)
        bench.runs.stop()
        #expect(!RunBench.survivors(of: run).isEmpty)
        #expect(bench.ends.isEmpty)
    }

    @Test func whatACommandLeavesRunningIsLeftAlone() async throws {
        let (bench, run) = (try RunBench(), RunID())
        let outcome = try await bench.shell("echo done; setsid sleep 1000 & exit 4", run: run)
        #expect(outcome.ending == .exited(4))
        #expect(outcome.stdout.message == "done")
        let left = RunBench.survivors(of: run)
        #expect(left.count == 1)
        for pid in left {
            kill(pid, SIGKILL)
        }
    }
}
