import Glibc

/// The programs that the build laid beside the tests.
public enum Programs {
    /// The agent.
    public static var agent: String { path("recoverd-agent") }
    /// What sends a command.
    public static var sendCommand: String { path("send-command") }
    /// What sends a configuration.
    public static var sendConfig: String { path("send-config") }
    /// What replaces a configuration without an agent.
    public static var replaceConfig: String { path("replace-config") }
    /// What an operator has.
    public static var recoverctl: String { path("recoverctl") }

    /// One of them by its name.
    public static func path(_ name: String) -> String {
        let directory = tests.lastIndex(of: "/").map { tests[...$0] } ?? ""
        return directory + name
    }

    /// The program that runs now: all tests.
    public static var tests: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// What a program that ran to its end left behind.
public struct Ended: Equatable, Sendable {
    /// Its exit status; 128+n for an end by signal n.
    public let status: Int32
    /// What it wrote to standard output.
    public let output: String
    /// What it wrote to standard error.
    public let errors: String

    /// An end.
    public init(status: Int32, output: String, errors: String) {
        (self.status, self.output, self.errors) = (status, output, errors)
    }

    /// Runs a program of ours to its end, beside the test that asks for it; see ``running(_:environment:)``.
    public static func beside(_ arguments: [String]) async throws -> Ended {
        let thread = try OwnThread()
        defer { thread.end() }
        return try await withTaskExecutorPreference(thread) { try running(arguments) }
    }

    /// Runs a program of ours to its end, in a clean environment.
    ///
    /// - Parameters:
    ///   - arguments: Its path and what follows.
    ///   - environment: Variables beside `PATH` and `HOME`.
    /// - Returns: What it left behind.
    /// - Throws: It could not be started.
    public static func running(_ arguments: [String], environment: [String: String] = [:]) throws -> Ended {
        let directory = try TemporaryDirectory()
        let assignments = (["PATH": "/usr/bin:/bin", "HOME": directory.path] as [String: String])
            .merging(ProcessEnvironment.sanitizer) { $1 }
            .merging(environment) { $1 }
            .map { "\($0.key)=\($0.value)" }
        let script = "exec \"$@\" >'\(directory.path("out"))' 2>'\(directory.path("err"))'"
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let program = try ChildProgram(
            ["/usr/bin/env", "-i"] + assignments + ["/bin/sh", "-c", script, "sh"] + arguments,
            output: null
        )
        let status = program.wait()
        return Ended(
            status: status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F),
            output: try directory.text(of: "out"),
            errors: try directory.text(of: "err")
        )
    }
}
