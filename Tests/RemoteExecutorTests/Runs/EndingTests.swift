import CommandCatalog
import Glibc
import TestSupport
import Testing

@testable import RemoteExecutor

/// How a command ended is what is told.
@Suite(.crowd)
struct EndingTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let line: String
        let ending: RunOutcome.Ending
        let code: Int32
        var testDescription: String { line }
    }

    @Test(arguments: [
        Row(line: "exit 0", ending: .exited(0), code: 0),
        Row(line: "echo warning >&2", ending: .exited(0), code: 0),
        Row(line: "exit 3", ending: .exited(3), code: 3),
        Row(line: "exit 255", ending: .exited(255), code: 255),
        Row(line: "exit 256", ending: .exited(0), code: 0),
        Row(line: "/nonexistent/program", ending: .exited(127), code: 127),
        Row(line: "kill -9 $$", ending: .signaled(9), code: 137),
        Row(line: "kill -11 $$", ending: .signaled(11), code: 139),
        Row(line: "ulimit -c unlimited; kill -6 $$", ending: .signaled(6), code: 134),
        Row(line: "kill -15 $$", ending: .signaled(15), code: 143),
        Row(line: "sh -c 'kill -15 $$'; exit $?", ending: .exited(143), code: 143),
    ])
    func endAndCodeAreThoseOfTheProcess(_ row: Row) async throws {
        // What a crash leaves goes with it.
        let directory = try TemporaryDirectory()
        let outcome = try await RunBench().shell(row.line, RunBench.settings { $0.directory = directory.path })
        #expect(outcome.ending == row.ending)
        #expect(outcome.code == row.code)
        let (started, ended) = (try #require(outcome.started), try #require(outcome.ended))
        #expect(started <= ended)
        #expect(try #require(outcome.duration) > .zero)
    }

    @Test func programIsExecutedWithoutShell() async throws {
        let outcome = try await RunBench().run(.program(["/bin/echo", "$HOME", "*", "a  b", ""]))
        #expect(outcome.stdout.message == "$HOME * a  b ")
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let name: String
        let invocation: Invocation
        let settings: CommandSettings
        let step: StartFailure.Step
        let errno: Int32
        var testDescription: String { name }

        init(
            _ name: String, _ step: StartFailure.Step, _ errno: Int32, program: [String] = ["/bin/true"],
            _ change: (inout CommandSettings) -> Void = { _ in }
        ) {
            self.name = name
            self.step = step
            self.errno = errno
            invocation = .program(program)
            settings = RunBench.settings(change)
        }
    }

    @Test(arguments: [
        Failure("missing program", .execute, ENOENT, program: ["/nonexistent"]),
        Failure("directory as program", .execute, EACCES, program: ["/tmp"]),
        Failure("file that is not executable", .execute, EACCES, program: ["/etc/passwd"]),
        Failure("no program", .arguments, EINVAL, program: []),
        Failure("NUL in an argument", .arguments, EINVAL, program: ["/bin/echo", "a\0b"]),
        Failure("missing directory", .directory, ENOENT) { $0.directory = "/nonexistent" },
        Failure("unknown user", .user, ENOENT) { $0.user = "no-such-user" },
        Failure("unknown decimal user", .user, ENOENT) { $0.user = "4000000" },
        Failure("the user that means no change", .user, ENOENT) { $0.user = "4294967295" },
        Failure("unknown group", .group, ENOENT) { $0.group = "no-such-group" },
        Failure("NUL in a variable", .arguments, EINVAL) {
            $0.environment = [EnvironmentVariable(name: "A", value: "\0")]
        },
        Failure(
            "an argument that is too long", .execute, E2BIG,
            program: ["/bin/true", String(repeating: "x", count: 1 << 20)]),
        Failure(
            "arguments that no frame holds", .arguments, E2BIG,
            program: ["/bin/true", String(repeating: "x", count: 4 << 20)]),
    ])
    func whatCannotStartSaysWhy(_ row: Failure) async throws {
        let outcome = try await RunBench().run(row.invocation, row.settings)
        let failure = try #require(outcome.failure)
        #expect(failure.step == row.step)
        #expect(failure.errno == row.errno)
        #expect(outcome.code == nil)
        #expect(failure.text.contains(": "))
    }

    @Test func failureTextNamesWhatWasWanted() async throws {
        let outcome = try await RunBench().run(.program(["/nonexistent"]))
        #expect(outcome.failure?.text == "cannot execute '/nonexistent': No such file or directory")
    }

    @Test func nothingStartsAfterTheStop() async throws {
        let bench = try RunBench()
        bench.runs.stop()
        let run = RunID()
        let start = RunRequests.Start(
            command: try RunBench.command(.shell("exit 0")), run: run, isWatched: false)
        bench.runs.start([start])
        bench.runs.stop()
        #expect(bench.ends.isEmpty)
        guard case .none = bench.runs.file(run).evidence(limit: 10, command: nil) else {
            Issue.record("the run has a file")
            return
        }
    }
}
