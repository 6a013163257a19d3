import CRunner
import CommandCatalog
import Glibc
import TestSupport
import Testing

@testable import RemoteExecutor

/// What goes on when an agent, a runner or a supervisor does not.
@Suite(.crowd)
struct TakeoverTests {
    /// Whether the run was revoked.
    private func isRevoked(_ kind: RunEnd.Kind) -> Bool {
        if case .revoked = kind { true } else { false }
    }

    /// A line that ends with 7 when the file `go` is there.
    private func waiting(_ bench: RunBench) -> String {
        "echo begun; until test -e \(bench.runtime.path("go")); do sleep 0.02; done; echo done; exit 7"
    }

    @Test func nextAgentGetsTheRealEndOfWhatGoesOn() async throws {
        let (bench, run) = (try RunBench(), RunID())
        let command = try await bench.begin(waiting(bench), run: run)
        try bench.startAgent()
        async let kind = bench.attach(command, run: run)
        try bench.runtime.write("", to: "go")
        let outcome = try RunBench.outcome(await kind)
        #expect(outcome.ending == .exited(7))
        #expect(outcome.stdout.message == "begun\ndone")
    }

    @Test func nextAgentGetsTheEndOfWhatEndedBetween() async throws {
        let (bench, run) = (try RunBench(), RunID())
        let command = try await bench.begin(waiting(bench), run: run)
        bench.runs.stop()
        try bench.runtime.write("", to: "go")
        try await eventually { RunBench.survivors(of: run).isEmpty }
        try bench.startAgent()
        #expect(try RunBench.outcome(await bench.attach(command, run: run)).ending == .exited(7))
    }

    @Test func whatWasNeverStartedIsRevokedAndStaysUnstarted() async throws {
        let (bench, run) = (try RunBench(), RunID())
        let command = try RunBench.command(.shell("touch \(bench.runtime.path("ran"))"))
        #expect(isRevoked(await bench.attach(command, run: run)))
        // Somebody asks for it after all: under this name it never starts.
        let kind = await bench.end(of: run) {
            $0.start([RunRequests.Start(command: command, run: run, isWatched: false)])
        }
        #expect(isRevoked(kind))
        #expect(access(bench.runtime.path("ran"), F_OK) != 0)
        #expect(try await bench.run(command).code == 0)
    }

    @Test func attachedRunIsCancelledLikeAnother() async throws {
        let (bench, run) = (try RunBench(grace: .milliseconds(300)), RunID())
        let command = try await bench.begin("sleep 1000", run: run)
        try bench.startAgent()
        let kind = await bench.end(of: run) {
            $0.attach([RunRequests.Start(command: command, run: run, isWatched: false)])
            // At once, before the runner has greeted the new agent.
            $0.cancel(run)
        }
        #expect(try RunBench.outcome(kind).ending == .cancelled)
    }

    @Test func commandsOutliveTheirRunnerAndANewOneComes() async throws {
        let bench = try RunBench()
        let command = try RunBench.command(.shell(waiting(bench)))
        let outcomes = try await withThrowingTaskGroup(of: RunOutcome.self) { group in
            let runs = (0..<10).map { _ in RunID() }
            for run in runs { group.addTask { try await bench.run(command, run: run) } }
            for run in runs { _ = try await bench.supervisor(of: run) }
            bench.runnerProgram.end(SIGKILL)
            try await eventually("a new runner") { !bench.runners.isEmpty }
            let other = try await bench.shell("echo new")
            #expect(other.stdout.message == "new")
            try bench.runtime.write("", to: "go")
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.map(\.code) == Array(repeating: 7, count: 10))
        #expect(outcomes.allSatisfy { $0.stdout.message == "begun\ndone" })
    }

    @Test func runOfARunnerBeforeIsCancelledByTheNewOne() async throws {
        let (bench, run) = (try RunBench(grace: .milliseconds(300)), RunID())
        async let outcome = bench.shell("sleep 1000", run: run)
        try await eventually { !RunBench.survivors(of: run).isEmpty }
        bench.runnerProgram.end(SIGKILL)
        // Whether the new one is there yet or not.
        bench.runs.cancel(run)
        #expect(try await outcome.ending == .cancelled)
    }

    @Test func startsWhileTheRunnerIsKilledAreRunOnceOrRevoked() async throws {
        let bench = try RunBench()
        let log = bench.runtime.path("log")
        let kinds = try await withThrowingTaskGroup(of: (RunID, RunEnd.Kind).self) { group in
            for number in 0..<200 {
                let run = RunID()
                let command = try RunBench.command(.shell("echo \(run.marker) >> \(log)"))
                group.addTask {
                    let start = RunRequests.Start(command: command, run: run, isWatched: false)
                    return (run, await bench.end(of: run) { $0.start([start]) })
                }
                if number == 100 { bench.runnerProgram.end(SIGKILL) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let ran = RunFile.bytes(of: log, at: 0, count: 1 << 20).split(separator: UInt8(ascii: "\n"))
            .map { String(decoding: $0, as: UTF8.self) }
        let ended = kinds.filter { !isRevoked($0.1) }
        #expect(kinds.count == 200)
        #expect(Set(ran) == Set(ended.map(\.0.marker)), "revoked means: did not run")
        #expect(ran.count == ended.count, "nothing ran twice")
        #expect(try ended.allSatisfy { try RunBench.outcome($0.1).ending == .exited(0) })
    }

    @Test func killedSupervisorMeansInterruptedAndItsTreeIsGone() async throws {
        let (bench, run) = (try RunBench(), RunID())
        async let outcome = bench.shell("setsid sleep 1000 & (setsid sh -c 'sleep 1000; :' &) ; sleep 1000", run: run)
        try await eventually { RunBench.survivors(of: run).count >= 4 }
        kill(try await bench.supervisor(of: run), SIGKILL)
        let end = try await outcome
        #expect(end.ending == .interrupted)
        #expect(end.survivors == 0)
        #expect(RunBench.survivors(of: run) == [])
    }

    @Test func nextAgentSweepsWhatASupervisorLeft() async throws {
        let (bench, run) = (try RunBench(), RunID())
        let command = try await bench.begin("trap '' TERM; sleep 1000; :", run: run)
        let supervisor = try await bench.supervisor(of: run)
        bench.runs.stop()
        kill(supervisor, SIGKILL)
        try bench.startAgent()
        #expect(try RunBench.outcome(await bench.attach(command, run: run)).ending == .interrupted)
        #expect(RunBench.survivors(of: run) == [])
    }

    @Test func runnerAndSupervisorKilledTogetherMeansInterrupted() async throws {
        let (bench, run) = (try RunBench(), RunID())
        async let outcome = bench.shell("sleep 1000", run: run)
        let supervisor = try await bench.supervisor(of: run)
        bench.runnerProgram.end(SIGKILL)
        kill(supervisor, SIGKILL)
        #expect(try await outcome.ending == .interrupted)
        #expect(RunBench.survivors(of: run) == [])
    }

    /// A runner was killed between making the file and locking it, so it started nothing.
    @Test func fileWithoutAClaimIsRevokedAfterSomeLooks() async throws {
        let (bench, run) = (try RunBench(), RunID())
        try bench.runtime.write("", to: "runs/\(run.marker)")
        #expect(isRevoked(await bench.attach(try RunBench.command(.shell("exit 0")), run: run)))
    }

    /// It was killed before its supervisor said that it begins.
    @Test func claimThatNoSupervisorTookOverIsRevoked() async throws {
        let (bench, run) = (try RunBench(), RunID())
        var claim = runner_claim()
        claim.magic = UInt64(RUNNER_MAGIC)
        claim.version = UInt32(RUNNER_FILE)
        claim.run = run.rawValue
        try bench.runtime.write(withUnsafeBytes(of: claim) { Array($0) }, to: "runs/\(run.marker)")
        #expect(isRevoked(await bench.attach(try RunBench.command(.shell("exit 0")), run: run)))
    }

    @Test func fileOfAnotherReleaseIsInterrupted() async throws {
        let (bench, run) = (try RunBench(), RunID())
        var claim = runner_claim()
        claim.magic = UInt64(RUNNER_MAGIC)
        claim.version = 77
        try bench.runtime.write(withUnsafeBytes(of: claim) { Array($0) }, to: "runs/\(run.marker)")
        let kind = await bench.attach(try RunBench.command(.shell("exit 0")), run: run)
        #expect(try RunBench.outcome(kind).ending == .interrupted)
    }

    @Test func fileThatVanishedUnderARunningCommandIsNotRunAgain() async throws {
        let (bench, run) = (try RunBench(), RunID())
        async let kind = bench.end(of: run) { [self] in
            guard let command = try? RunBench.command(.shell(waiting(bench))) else { return }
            $0.start([RunRequests.Start(command: command, run: run, isWatched: false)])
        }
        _ = try await bench.supervisor(of: run)
        // The agent has it too when it was told; it is told at once.
        #expect(try await bench.shell("exit 0").code == 0)
        bench.runs.file(run).remove(withSpool: true)
        try bench.runtime.write("", to: "go")
        #expect(try RunBench.outcome(await kind).ending == .interrupted)
    }
}
