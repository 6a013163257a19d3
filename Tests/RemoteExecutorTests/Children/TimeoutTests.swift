import CommandCatalog
import Glibc
import Testing

@testable import RemoteExecutor

/// A command whose time is over goes with all that descends from it.
@Suite(.timeLimit(.minutes(5)))
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

    @Test(arguments: escapes)
    func wholeTreeIsGoneWhenTheResultComes(_ line: String) async throws {
        let (bench, run) = (try ChildBench(grace: .milliseconds(300)), RunID())
        let settings = ChildBench.settings { $0.timeout = .milliseconds(300) }
        // A time to sleep that nobody else on this host sleeps, so that one without our environment is found too.
        let time = "\(Int.random(in: 100_000_000..<999_999_999))"
        let outcome = try await bench.shell(
            "echo printed; \(line.replacing("1000", with: time))", settings, run: run)
        #expect(outcome.ending == .timedOut)
        #expect(outcome.survivors == 0)
        #expect(outcome.code == nil)
        #expect(outcome.stdout.message == "printed")
        #expect(try ChildBench.survivors(of: run) == [])
        #expect(try await bench.shell("pgrep -fx 'sleep \(time)'").code == 1)
    }

    @Test func commandMayTidyUpDuringTheGrace() async throws {
        let settings = ChildBench.settings { $0.timeout = .milliseconds(200) }
        let line = "trap 'echo tidy; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
        let outcome = try await ChildBench(grace: .seconds(60)).shell(line, settings)
        #expect(outcome.ending == .timedOut)
        #expect(outcome.stdout.message == "ready\ntidy")
    }

    @Test func killComesAfterTheGrace() async throws {
        let settings = ChildBench.settings { $0.timeout = .milliseconds(100) }
        let line = "trap 'echo term' TERM; while :; do sleep 0.05; done"
        let outcome = try await ChildBench(grace: .milliseconds(500)).shell(line, settings)
        #expect(outcome.ending == .timedOut)
        #expect(outcome.stdout.message == "term")
        #expect(outcome.ended - outcome.started >= .milliseconds(600))
    }

    @Test func onlyTheCommandInQuestionIsEnded() async throws {
        let bench = try ChildBench(grace: .milliseconds(200))
        async let other = bench.shell("sleep 2; echo alive")
        let settings = ChildBench.settings { $0.timeout = .milliseconds(100) }
        #expect(try await bench.shell("sleep 1000", settings).ending == .timedOut)
        #expect(try await other.stdout.message == "alive")
    }

    @Test func endingOneRunInterruptsIt() async throws {
        let (bench, run) = (try ChildBench(grace: .seconds(60)), RunID())
        async let outcome = bench.shell("echo printed; sleep 1000", run: run)
        while try ChildBench.survivors(of: run).isEmpty {
            try await bench.pause()
        }
        bench.children.end(run)
        #expect(try await outcome.ending == .interrupted)
        #expect(bench.children.running == 0)
    }

    @Test func endingAllInterruptsEverything() async throws {
        let bench = try ChildBench()
        let command = try ChildBench.command(.shell("trap '' TERM; while :; do sleep 1000; done"))
        let endings = await withTaskGroup(of: ChildOutcome.Ending.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    await bench.run(command).ending
                }
            }
            while bench.children.running < 20 {
                await Task.yield()
            }
            bench.children.endAll(grace: .milliseconds(300))
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(endings == Array(repeating: .interrupted, count: 20))
    }

    @Test func shutdownKillsAndTells() async throws {
        let (bench, run) = (try ChildBench(), RunID())
        async let outcome = bench.shell("trap '' TERM; setsid sleep 1000 & while :; do sleep 1000; done", run: run)
        while bench.children.running == 0 {
            await Task.yield()
        }
        bench.children.shutdown()
        #expect(try await outcome.ending == .interrupted)
        #expect(try ChildBench.survivors(of: run) == [])
    }

    @Test func whatACommandLeavesRunningIsLeftAlone() async throws {
        let (bench, run) = (try ChildBench(), RunID())
        let outcome = try await bench.shell("echo done; setsid sleep 1000 & exit 4", run: run)
        #expect(outcome.ending == .exited(4))
        #expect(outcome.stdout.message == "done")
        let left = try ChildBench.survivors(of: run)
        #expect(left.count == 1)
        for pid in left {
            kill(pid, SIGKILL)
        }
    }
}
