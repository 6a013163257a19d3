import CRunner
import CommandCatalog
import Glibc
import TestSupport
import Testing

/// Commands start as they were described, once.
@Suite(.crowd) struct StartTests {
    @Test func programHasTheVersionOfTheOthers() throws {
        #expect(try ChildProgram.run(Runner.program, "--version") == "recoverd-runner \(ProgramVersion.current)\n")
    }

    @Test func runStartsOnceOnly() async throws {
        let runner = try await Runner()
        let client = try runner.connect()
        let supervisor = try client.shell(7, "echo once")
        try client.send(RUNNER_START, 7, Started("/bin/echo", "twice").body(7))
        let refused: runner_refused = try client.answer(RUNNER_REFUSED)
        #expect(refused.step == RUNNER_STEP_CLAIM.rawValue && refused.error == UInt32(EEXIST))
        let record = try await runner.ended(7)
        #expect(record.output == "once\n" && record.ending == RUNNER_EXITED)
        let claim = try runner.claim(7)
        #expect(claim.magic == RUNNER_MAGIC && claim.run == 7 && claim.revoked == 0)
        #expect(claim.supervisor == UInt32(supervisor) && claim.command > 0 && claim.started == record.facts.started)
    }

    @Test func bootIsThatOfTheMachineOrTheTests() async throws {
        let runner = try await Runner(["--stay", "--boot-id", "another"])
        try runner.connect().shell(1, "true")
        _ = try await runner.ended(1)
        let boot = try withUnsafeBytes(of: runner.claim(1).boot) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        #expect(boot == "another")
    }

    @Test(arguments: [
        ("exit 0", RUNNER_EXITED, 0), ("exit 3", RUNNER_EXITED, 3), ("exit 255", RUNNER_EXITED, 255),
        ("kill -9 $$", RUNNER_SIGNALED, 9), ("kill -15 $$", RUNNER_SIGNALED, 15), ("kill -11 $$", RUNNER_SIGNALED, 11),
    ])
    func endIsRecorded(line: String, ending: runner_ending, value: Int32) async throws {
        let runner = try await Runner()
        try runner.connect().shell(1, line)
        let record = try await runner.ended(1)
        #expect(record.ending == ending && record.facts.value == value && record.facts.survivors == 0)
        #expect(record.facts.ended >= record.facts.started && record.facts.duration > 0)
    }

    @Test(arguments: [
        (["/nonexistent"], "/", [], RUNNER_STEP_EXECUTE, ENOENT),
        (["/etc/passwd"], "/", [], RUNNER_STEP_EXECUTE, EACCES),
        (["/bin/true"], "/nonexistent", [], RUNNER_STEP_DIRECTORY, ENOENT),
        (["/bin/true"], "/", [runner_limit(resource: 99, soft: 1, hard: 1)], RUNNER_STEP_LIMITS, EINVAL),
    ])
    func whatCannotStartSaysWhere(
        arguments: [String], directory: String, limits: [runner_limit], step: runner_step, error: CInt
    ) async throws {
        let runner = try await Runner()
        var command = Started()
        (command.arguments, command.directory, command.limits) = (arguments, directory, limits)
        try runner.connect().start(1, command)
        let record = try await runner.ended(1)
        #expect(
            record.ending == RUNNER_NOT_STARTED && record.facts.step == step.rawValue && record.facts.value == error)
    }

    @Test(
        .enabled(if: DeadFileServer.isAllowed, "needs root and /dev/fuse"),
        arguments: [("/bin/true", "dead", RUNNER_STEP_DIRECTORY), ("dead/program", "/", RUNNER_STEP_EXECUTE)])
    func startFromADeadFileServerEndsAtTheTimeOut(program: String, directory: String, step: runner_step) async throws {
        let (runner, server) = (try await Runner(), try DeadFileServer())
        let place = { (path: String) in path.hasPrefix("dead") ? server.path + path.dropFirst(4) : path }
        var command = Started(place(program))
        command.directory = place(directory)
        command.fixed.timeout = 100
        try runner.connect().start(1, command)
        let record = try await runner.ended(1)
        #expect(
            record.ending == RUNNER_NOT_STARTED && record.facts.step == step.rawValue && record.facts.value == ETIME)
        // Others start meanwhile and afterwards.
        try runner.connect().shell(2, "echo hi")
        #expect(try await runner.ended(2).output == "hi\n")
    }

    @Test func fallbackIsExecutedWhereTheFirstCannotBe() async throws {
        let runner = try await Runner()
        var command = Started("/nonexistent")
        command.fallback = ["/bin/echo", "instead"]
        try runner.connect().start(1, command)
        #expect(try await runner.ended(1).output == "instead\n")
    }

    @Test("F-32: the surroundings are those that were sent, and there is nothing to read")
    func surroundingsAreThoseThatWereSent() async throws {
        let runner = try await Runner()
        let script = """
            env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= | sort; pwd; umask; ulimit -n; ulimit -Hn; cat; ls /proc/self/fd | tr '\\n' ' '
            grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '\\t'; readlink /proc/self/fd/0
            """
        try runner.connect().shell(0xAB, script) { command in
            command.variables = ["B=two words", "PATH=/usr/bin:/bin"]
            command.directory = "/usr"
            command.fixed.umask = 0o27
            command.limits = [runner_limit(resource: UInt64(RLIMIT_NOFILE.rawValue), soft: 77, hard: 99)]
        }
        let lines = try await runner.ended(0xAB).output.split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "B=two words", "PATH=/usr/bin:/bin", "RECOVERD_RUN=00000000000000ab", "/usr", "0027", "77", "99",
                "0 1 2 3 SigBlk:0000000000000000",
                "SigIgn:0000000000000000", "/dev/null",
            ])
    }

    /// T32: no way back.
    @Test(.enabled(if: getuid() == 0)) func rootIsGivenUpForGood() async throws {
        let runner = try await Runner()
        let status = "grep -E '^(Uid|Gid|Groups)' /proc/self/status | tr -s '\\t ' ' '; "
        try runner.connect().shell(1, status + "setpriv --reuid 0 true && echo regained; kill -0 1 && echo mighty") {
            $0.fixed.flags = RUNNER_HAS_IDENTITY.rawValue
            ($0.fixed.user, $0.fixed.group, $0.groups) = (65_534, 65_533, [65_532, 65_531])
        }
        let output = try await runner.ended(1).output
        #expect(
            output.split(separator: "\n").map { $0.trimmingSuffix { $0 == " " } } == [
                "Uid: 65534 65534 65534 65534", "Gid: 65533 65533 65533 65533", "Groups: 65531 65532",
            ])
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ isTrimmed: (Character) -> Bool) -> String {
        var rest = self
        while let last = rest.last, isTrimmed(last) { rest.removeLast() }
        return String(rest)
    }
}
