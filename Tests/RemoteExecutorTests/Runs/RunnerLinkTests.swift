import CRunner
import CSystem
import CommandCatalog
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import RemoteExecutor

/// A runner that is not there, does not answer, or makes no sense loses no command and holds none up for ever.
@Suite(.crowd)
struct RunnerLinkTests {
    @Test func withoutARunnerCommandsAreNotStartedAndSayWhy() async throws {
        let bench = try RunBench(patience: .milliseconds(400), hasRunner: false, installed: nil)
        let failure = try #require(try await bench.shell("exit 0").failure)
        #expect(failure.step == .runner)
        #expect(failure.errno == ENOENT)
        #expect(failure.text.contains("recoverd-runner"))
        // As soon as there is one, all is well.
        try bench.startRunner()
        var code: Int32?
        while code != 3 { code = try await bench.shell("exit 3").code }
    }

    @Test func runnerIsStartedWhereThereIsNone() async throws {
        let bench = try RunBench(hasRunner: false)
        #expect(try await bench.shell("exit 3").code == 3)
        #expect(bench.runners.count == 1)
        bench.runs.stop()
        try await eventually("the runner ends, for nothing runs") { bench.processes.isEmpty }
    }

    @Test func programThatFailsIsARunnerThatIsMissing() async throws {
        let bench = try RunBench(patience: .milliseconds(400), hasRunner: false, installed: "/bin/false")
        let failure = try #require(try await bench.shell("exit 0").failure)
        #expect(failure.step == .runner)
        #expect(failure.text.contains("/bin/false"))
    }

    @Test func attachWithoutARunnerIsRevoked() async throws {
        let bench = try RunBench(patience: .milliseconds(400), hasRunner: false, installed: nil)
        let kind = await bench.attach(try RunBench.command(.shell("exit 0")), run: RunID())
        guard case .revoked = kind else {
            Issue.record("it is \(kind)")
            return
        }
    }

    @Test func killedSupervisorWithoutARunnerIsInterruptedInTheEnd() async throws {
        let (bench, run) = (try RunBench(patience: .seconds(1), installed: nil), RunID())
        async let outcome = bench.shell("sleep 1000", run: run)
        let supervisor = try await bench.supervisor(of: run)
        bench.runnerProgram.end(SIGKILL)
        kill(supervisor, SIGKILL)
        #expect(try await outcome.ending == .interrupted)
        for pid in RunBench.survivors(of: run) { kill(pid, SIGKILL) }
    }

    @Test func stoppedRunnerHoldsUpWhatWaitsButLosesNothing() async throws {
        let bench = try RunBench()
        #expect(try await bench.shell("exit 1").code == 1)
        bench.runnerProgram.send(SIGSTOP)
        async let outcomes = withThrowingTaskGroup(of: RunOutcome.self) { group in
            for _ in 0..<20 { group.addTask { try await bench.shell("exit 5") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        // The thread of the runs handles this without the runner.
        _ = await bench.attach(try RunBench.command(.shell("exit 0")), run: RunID())
        #expect(bench.ends.count == 2)
        bench.runnerProgram.send(SIGCONT)
        #expect(try await outcomes.map(\.code) == Array(repeating: 5, count: 20))
    }

    @Test func runnerThatStaysStoppedIsLeftAndItsCommandsNeverRun() async throws {
        let bench = try RunBench(patience: .seconds(1))
        let ran = bench.runtime.path("ran")
        #expect(try await bench.shell("exit 1").code == 1)
        bench.runnerProgram.send(SIGSTOP)
        let asked = RunID()
        let command = try RunBench.command(.shell("echo >> \(ran)"))
        let kind = await bench.end(of: asked) {
            $0.start([RunRequests.Start(command: command, run: asked, isWatched: false)])
        }
        guard case .revoked = kind else {
            Issue.record("it is \(kind)")
            return
        }
        // The connection was given up, and the next is not answered either.
        #expect(try await bench.run(command).failure?.step == .runner)
        bench.runnerProgram.send(SIGCONT)
        var code: Int32?
        while code != 3 { code = try await bench.shell("exit 3").code }
        #expect(access(ran, F_OK) != 0, "what was given up is not run later")
    }

    enum Nonsense: String, CaseIterable {
        case zeros, noise, text, hangsUp, version, tooLong, tooShort, startedBeforeGreeting, cutBody

        var bytes: [UInt8] {
            let hello = { (version: UInt32) in
                var frame = FrameBytes(RUNNER_HELLO, run: RunID(rawValue: 0))
                frame.append(runner_hello(version: version, pid: 1))
                return frame.finished
            }
            let header = { (length: UInt32, type: runner_frame_type) in
                withUnsafeBytes(of: runner_frame(length: length, type: type.rawValue, run: 1)) { Array($0) }
            }
            switch self {
            case .zeros: return [UInt8](repeating: 0, count: 100_000)
            case .noise:
                var chance = SeededGenerator(seed: 3)
                return (0..<5000).map { _ in UInt8(truncatingIfNeeded: chance.next()) }
            case .text: return Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)
            case .hangsUp: return []
            case .version: return hello(99)
            case .tooLong: return hello(UInt32(RUNNER_PROTOCOL)) + header(.max, RUNNER_STARTED)
            case .tooShort: return hello(UInt32(RUNNER_PROTOCOL)) + header(3, RUNNER_STARTED)
            case .startedBeforeGreeting: return FrameBytes(RUNNER_STARTED, run: RunID(rawValue: 1)).finished
            case .cutBody:
                let bare = FrameBytes(RUNNER_STARTED, run: RunID(rawValue: 1)).finished
                return hello(UInt32(RUNNER_PROTOCOL)) + bare + bare
            }
        }
    }

    @Test(arguments: Nonsense.allCases)
    func nonsenseIsLeftAndTheCommandRunsWithTheNextRunner(_ nonsense: Nonsense) async throws {
        let bench = try RunBench(patience: .seconds(240), hasRunner: false, installed: nil)
        let impostor = try Impostor(bench.runtime.path("runner.sock"), saying: nonsense.bytes)
        let run = RunID()
        let command = try RunBench.command(.shell("exit 6"))
        async let kind = bench.end(of: run) {
            $0.start([RunRequests.Start(command: command, run: run, isWatched: false)])
        }
        try await eventually { impostor.connections > 1 }
        let connections = impostor.connections
        #expect(connections < 20, "it does not call without a pause")
        impostor.stop()
        try bench.startRunner()
        switch await kind {
        case .ended(let outcome): #expect(outcome.ending == .exited(6))
        // It greeted well, so it was asked, and may have started it for all we know.
        case .revoked: #expect([.tooLong, .tooShort, .cutBody].contains(nonsense))
        }
        #expect(try await bench.shell("exit 7").code == 7)
    }

    @Test func runnerThatOnlySpeaksNonsenseIsTold() async throws {
        let bench = try RunBench(patience: .milliseconds(400), hasRunner: false, installed: nil)
        let impostor = try Impostor(bench.runtime.path("runner.sock"), saying: Nonsense.version.bytes)
        let failure = try #require(try await bench.shell("exit 0").failure)
        #expect(failure.step == .runner)
        #expect(failure.errno == EPROTO)
        impostor.stop()
    }

    @Test(.enabled(if: geteuid() == 0, "only root can have a socket of somebody else"))
    func runnerOfAnotherUserIsNotSpokenTo() async throws {
        await #expect(processExitsWith: .success) {
            let bench = try RunBench(patience: .milliseconds(400), hasRunner: false, installed: nil)
            try #require(chown(bench.runtime.path, 54_321, 54_321) == 0)
            // A socket belongs to who listens first.
            try #require(seteuid(54_321) == 0)
            let listener = csystem_listen_local(bench.runtime.path("runner.sock"))
            try #require(seteuid(0) == 0 && listener >= 0)
            let outcome = try await bench.shell("exit 0")
            let failure = try #require(outcome.failure)
            #expect(failure.errno == EPERM)
            #expect(failure.text.contains("54321"))
        }
    }
}

/// Listens in the place of the runner, and says the same to everybody who comes.
private final class Impostor: Sendable {
    private let listener: Int32
    private let path: String
    private let state = Mutex((isOver: false, connections: 0))

    init(_ path: String, saying bytes: [UInt8]) throws {
        self.path = path
        listener = csystem_listen_local(path)
        try #require(listener >= 0)
        Task.detached { [self] in await serve(bytes) }
    }

    var connections: Int { state.withLock { $0.connections } }

    /// Ends listening.
    func stop() {
        state.withLock { $0.isOver = true }
        unlink(path)
    }

    private func serve(_ bytes: [UInt8]) async {
        while !state.withLock({ $0.isOver }) {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else {
                try? await Task.sleep(for: .milliseconds(5))
                continue
            }
            state.withLock { $0.connections += 1 }
            _ = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            close(connection)
        }
        close(listener)
    }
}
