public import Glibc
import Synchronization

/// A program that a test started, with its output in one file or pipe; killed when nobody holds it any more.
public final class ChildProgram: Sendable {
    /// Its process.
    public let identifier: pid_t
    private let status = Mutex<CInt?>(nil)

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - argv: Absolute path and arguments.
    ///   - output: Descriptor for its standard output and error.
    /// - Throws: The system's reason why it did not start.
    public init(_ argv: [String], output: CInt) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        // libmosquitto's sockets are not close-on-exec: a child would keep our connections open.
        for name in names(in: "/proc/self/fd") {
            if let descriptor = CInt(name), descriptor > 2 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A broker client ignores SIGPIPE for its whole process; a child shall not inherit that.
        var (all, none) = (sigset_t(), sigset_t())
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        identifier = try Self.spawn(argv, &actions, &attributes)
    }

    deinit { end(SIGKILL) }

    private static func spawn(
        _ argv: [String], _ actions: inout posix_spawn_file_actions_t, _ attributes: inout posix_spawnattr_t
    ) throws -> pid_t {
        var pointers = argv.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, argv[0], &actions, &attributes, &pointers, environ)
        guard code == 0 else { throw SystemFailure("posix_spawn \(argv[0])", code) }
        return child
    }

    /// Sends a signal, unless it has ended.
    public func send(_ signal: CInt) {
        status.withLock { status in
            if status == nil { kill(identifier, signal) }
        }
    }

    /// Sends a signal and waits for the end.
    ///
    /// What was just started may lose a signal, as mosquitto does between its handlers and its loop; so it is sent again to who
    /// does not end for long.
    public func end(_ signal: CInt) {
        repeat { send(signal) } while !hasEnded(within: .seconds(20))
        wait()
    }

    /// Whether only its status is left, or nothing.
    func hasEnded(within patience: Duration) -> Bool {
        if status.withLock({ $0 != nil }) { return true }
        let deadline = ContinuousClock.now + patience
        while true {
            var info = siginfo_t()
            let found = waitid(P_PID, id_t(identifier), &info, WEXITED | WNOHANG | WNOWAIT)
            if found != 0 || info.si_signo == SIGCHLD { return true }
            guard .now < deadline else { return false }
            usleep(1000)
        }
    }

    /// Waits for the end; the status is that of waitpid.
    @discardableResult
    public func wait() -> CInt {
        if let status = status.withLock({ $0 }) { return status }
        var info: CInt = 0
        while waitpid(identifier, &info, 0) < 0, errno == EINTR {}
        return status.withLock { status in
            if status == nil { status = info }
            return status ?? info
        }
    }

    /// Runs a program to its end and returns what it printed.
    ///
    /// - Throws: It could not be started, or did not exit with 0.
    @discardableResult
    public static func run(_ argv: String...) throws -> String { try run(argv) }

    /// Runs a program to its end and returns what it printed.
    ///
    /// - Throws: It could not be started, or did not exit with 0.
    @discardableResult
    public static func run(_ argv: [String]) throws -> String {
        var pipe: [CInt] = [-1, -1]
        guard Glibc.pipe(&pipe) == 0 else { throw SystemFailure("pipe", errno) }
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(pipe[0]) }
        let child: ChildProgram
        do {
            defer { close(pipe[1]) }
            child = try ChildProgram(argv, output: pipe[1])
        }
        let text = String(decoding: readToEnd(pipe[0]), as: UTF8.self)
        guard child.wait() == 0 else { throw SystemFailure("\(argv.joined(separator: " ")): \(text)") }
        return text
    }
}
