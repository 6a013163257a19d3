import CRunner
import Glibc
import TestSupport
import Testing

/// The socket is for its own user and for frames that make sense.
@Suite(.crowd) struct FrameTests {
    private static let start = UInt32(RUNNER_START.rawValue)

    /// A start with these counts and nothing behind them but two strings.
    private static func counts(_ change: (inout runner_start) -> Void, _ strings: String = "/\0/bin/true\0") -> [UInt8]
    {
        var start = Started().fixed
        start.argument_count = 1
        change(&start)
        return RunnerClient.frame(Self.start, 1, RunnerClient.bytes(start) + Array(strings.utf8))
    }

    static let garbage: [[UInt8]] = [
        [UInt8](repeating: 0xFF, count: 64), [UInt8](repeating: 0, count: 16),
        RunnerClient.bytes(runner_frame(length: UInt32(RUNNER_LONGEST_FRAME) + 1, type: start, run: 1)),
        RunnerClient.bytes(runner_frame(length: 15, type: start, run: 1)), RunnerClient.frame(999, 1, []),
        RunnerClient.frame(UInt32(RUNNER_STARTED.rawValue), 1, [0, 0, 0, 0]),
        RunnerClient.frame(start, 1, []), RunnerClient.frame(start, 0, Started("/bin/true").body(0)),
        RunnerClient.frame(UInt32(RUNNER_CANCEL.rawValue), 1, [1]),
        RunnerClient.frame(UInt32(RUNNER_SWEEP.rawValue), 0, []),
        RunnerClient.frame(UInt32(RUNNER_QUIT.rawValue), 0, [1]),
        RunnerClient.frame(UInt32(RUNNER_HELLO.rawValue), 0, [1, 0, 0, 0, 0, 0, 0, 0]),
        counts({ $0.argument_count = 0 }), counts({ $0.argument_count = .max }), counts({ $0.limit_count = .max }),
        counts({ $0.group_count = .max }),
        counts({
            $0.variable_count = .max; $0.fallback_count = .max
        }),
        counts({ $0.variable_count = 1 }), counts({ $0.limit_count = 17 }), counts({ $0.umask = 0o1000 }),
        counts({ _ in }, "/\0/bin/true"), counts({ _ in }, "/bin/true"), counts({ _ in }, "/\0true\0"),
        counts({ _ in }, "here\0/bin/true\0"), counts({ _ in }, "/\0/bin/true\0more\0"), counts({ _ in }, "/\0\0"),
    ]

    @Test func garbageCutsOffThatPeerOnly() async throws {
        let runner = try await Runner()
        let other = try runner.connect()
        for (index, bytes) in Self.garbage.enumerated() {
            let client = try runner.connect()
            try client.send(bytes)
            #expect(client.isCut(), "\(index)")
        }
        #expect(try runner.names().isEmpty)
        try other.shell(1, "exit 6")
        #expect(try await runner.ended(1).facts.value == 6)
    }

    @Test func truncatedFrameOrGreetingStartsNothing() async throws {
        let runner = try await Runner()
        let frame = RunnerClient.frame(Self.start, 1, Started("/bin/true").body(1))
        try runner.connect().send(Array(frame.dropLast()))
        let rude = try RunnerClient(runner.directory.path("run"), greets: false)
        try rude.send(frame)
        #expect(rude.isCut())
        let newer = try RunnerClient(runner.directory.path("run"), greets: false)
        try newer.send(RUNNER_HELLO, 0, RunnerClient.bytes(runner_hello(version: 2, pid: 0)))
        let hello: runner_hello = try newer.answer(RUNNER_HELLO)
        #expect(hello.version == RUNNER_PROTOCOL && newer.isCut())
        #expect(try runner.names().isEmpty)
    }

    @Test func framesMayComeInAnyPieces() async throws {
        let runner = try await Runner()
        let client = try runner.connect()
        var command = Started("/bin/sh", "-c", "echo $0 | wc -c", String(repeating: "x", count: 100_000))
        command.variables += (0..<30).map { "V\($0)=" + String(repeating: "y", count: 50_000) }
        let both =
            RunnerClient.frame(Self.start, 1, command.body(1))
            + RunnerClient.frame(Self.start, 2, Started("/bin/echo", "second").body(2))
        try client.send(Array(both[..<7]))
        try client.send(Array(both[7..<20]))
        try client.send(Array(both[20...]))
        for _ in 1...2 { let _: runner_started = try client.answer(RUNNER_STARTED) }
        #expect(try await runner.ended(1).output == "100001\n")
        #expect(try await runner.ended(2).output == "second\n")
    }

    @Test func moreThanSixteenPeersAreTurnedAway() async throws {
        let runner = try await Runner()
        var clients: [RunnerClient] = []
        // Who looked whether the runner is there may not have been seen to leave yet.
        try await eventually("there is room for sixteen") {
            while clients.count < 16, let client = try? runner.connect() { clients.append(client) }
            return clients.count == 16
        }
        #expect(throws: SystemFailure.self) { try runner.connect() }
        #expect(clients.count == 16 && runner.words.contains("no room"))
    }

    @Test(.enabled(if: getuid() == 0)) func otherUserIsRefused() async throws {
        let runner = try await Runner()
        // What the modes of the files keep off, the check of the peer must keep off too.
        for path in [runner.directory.path, runner.directory.path("run"), runner.directory.path("run/runner.sock")] {
            chmod(path, path.hasSuffix("sock") ? 0o666 : 0o755)
        }
        let script = """
            import socket; s = socket.socket(socket.AF_UNIX); s.connect('\(runner.directory.path("run/runner.sock"))')
            print('answer', len(s.recv(100)))
            """
        let nobody = ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        #expect(try ChildProgram.run(nobody + ["/usr/bin/python3", "-c", script]) == "answer 0\n")
        #expect(runner.words.contains("refused process") && runner.words.contains("of user 65534"))
        let mine = try ChildProgram.run("/usr/bin/python3", "-c", script)
        #expect(mine == "answer 24\n")
    }

    @Test(.enabled(if: getuid() == 0)) func directoryOfOthersIsRefused() throws {
        let directory = try TemporaryDirectory()
        for (name, mode, owner) in [("open", mode_t(0o777), uid_t(0)), ("theirs", 0o700, 65_534)] {
            mkdir(directory.path(name), 0o700)
            chmod(directory.path(name), mode)
            chown(directory.path(name), owner, 0)
            #expect(throws: SystemFailure.self) {
                try ChildProgram.run(Runner.program, "--runtime", directory.path(name), "--background")
            }
        }
    }
}
