import Glibc
import TestSupport

/// `send-command` as a process of its own, with standard output and error in files.
final class SentProgram: Sendable {
    /// What becomes of its standard streams.
    enum Streams: Sendable {
        case files
        /// All three are closed when it starts.
        case closed
        /// Its standard output is a pipe that nobody reads.
        case brokenPipe
    }

    private let directory: TemporaryDirectory
    private let process: pid_t

    /// Starts it.
    ///
    /// - Parameters:
    ///   - arguments: Its arguments.
    ///   - environment: Its whole environment besides `PATH`; a home of its own where it names none.
    ///   - streams: What becomes of its standard streams.
    ///   - shell: A line of shell that ends in `"$@"`, to start it by.
    /// - Throws: It could not be started.
    init(
        _ arguments: [String], environment: [String: String] = [:], streams: Streams = .files, shell: String? = nil
    ) throws {
        directory = try TemporaryDirectory()
        let prefix = shell.map { ["/bin/sh", "-c", $0, "sh"] } ?? []
        let variables = ["PATH": "/usr/bin:/bin", "HOME": directory.path].merging(ProcessEnvironment.sanitizer) { $1 }
            .merging(environment) { $1 }
        process = try Self.spawn(
            prefix + [try Self.path()] + arguments, variables, streams, output: directory.path("output"),
            error: directory.path("error")
        )
    }

    deinit {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }

    /// Sends a signal.
    func send(_ signal: CInt) { kill(process, signal) }

    /// Standard output so far.
    var output: String { (try? directory.text(of: "output")) ?? "" }

    /// Standard error so far.
    var error: String { (try? directory.text(of: "error")) ?? "" }

    /// Waits for its end.
    ///
    /// - Returns: The exit status; 1000 and the signal where one ended it.
    func status() async throws -> CInt {
        var info = siginfo_t()
        // Left to be reaped at the end, so that its number stays its own.
        try await eventually("send-command ends") {
            waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == SIGCHLD
        }
        let status = info._sifields._sigchld.si_status
        return info.si_code == CInt(CLD_EXITED) ? status : 1000 + status
    }

    /// Beside the test program, where the same build put it.
    private static func path() throws -> String {
        guard let link = realpath("/proc/self/exe", nil) else { throw SystemFailure("realpath", errno) }
        defer { free(link) }
        let own = String(cString: link)
        guard let slash = own.lastIndex(of: "/") else { throw SystemFailure("no directory in \(own)") }
        return own[...slash] + "send-command"
    }

    private static func spawn(
        _ argv: [String], _ environment: [String: String], _ streams: Streams, output: String, error: String
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var pipe: [CInt] = [-1, -1]
        guard Glibc.pipe(&pipe) == 0 else { throw SystemFailure("pipe", errno) }
        _ = fcntl(pipe[1], F_SETFD, FD_CLOEXEC)
        defer { close(pipe[1]) }
        close(pipe[0])
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, error, flags, 0o600)
        switch streams {
        case .files: break
        case .closed: for descriptor in CInt(0)...2 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        case .brokenPipe: posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
        }
        return try spawn(argv, environment, &actions)
    }

    private static func spawn(
        _ argv: [String], _ environment: [String: String], _ actions: inout posix_spawn_file_actions_t
    ) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The test program ignores SIGPIPE because of its MQTT clients; a child shall not inherit that.
        var (all, none) = (sigset_t(), sigset_t())
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var arguments = argv.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, argv[0], &actions, &attributes, &arguments, &variables)
        guard code == 0 else { throw SystemFailure("posix_spawn \(argv[0])", code) }
        return child
    }
}
