import CRunner
import CSystem
import Glibc

/// The program `recoverd-runner`: where it is, how it is started, and how it is reached.
struct RunnerProgram {
    private let runtime: String
    private let path: String?

    /// The runner of a runtime directory.
    ///
    /// - Parameters:
    ///   - runtime: The directory of its socket.
    ///   - path: The program that is started where none runs; `nil`: it is not installed.
    init(runtime: String, path: String? = RunnerProgram.path) {
        self.runtime = runtime
        self.path = path
    }

    /// A connection to the runner, which is started where nobody has started one.
    ///
    /// - Returns: A non-blocking stream socket.
    /// - Throws: Why there is none.
    func connect() throws(StartFailure) -> Int32 {
        if let socket = try connection() { return socket }
        try start()
        guard let socket = try connection() else {
            throw StartFailure(.runner, errno: ECONNREFUSED, "recoverd-runner was started and cannot be reached")
        }
        return socket
    }

    /// A connection; `nil` where nobody listens.
    private func connection() throws(StartFailure) -> Int32? {
        let path = "\(runtime)/\(RUNNER_SOCKET)"
        let descriptor = csystem_connect_local(path)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ECONNREFUSED { return nil }
            throw StartFailure(.runner, errno: errno, "cannot reach recoverd-runner at \(path)")
        }
        let peer = csystem_peer_user(descriptor)
        guard peer == 0 || peer == Int64(geteuid()) else {
            close(descriptor)
            throw StartFailure(.runner, errno: EPERM, "\(path) is served by user \(peer), who is neither root nor us")
        }
        return descriptor
    }

    /// Whether somebody else starts the runner, which the environment of the agent's unit says.
    ///
    /// One that the agent started would live in the agent's unit: in its sandbox, and no longer than it.
    private static let isExternal = getenv("RECOVERD_RUNNER").map { String(cString: $0) } == "external"

    /// Starts the program; it goes into the background when it listens.
    private func start() throws(StartFailure) {
        guard !Self.isExternal else {
            throw StartFailure(
                .runner, errno: ECONNREFUSED,
                "recoverd-runner does not run, and is not ours to start (systemctl start recoverd-runner)")
        }
        guard let program = path else {
            throw StartFailure(
                .runner, errno: ENOENT,
                "recoverd-runner is neither beside \(InstalledProgram.own) nor in libexec/recoverd; install it there")
        }
        let status = run([program, "--runtime", runtime, "--background"])
        guard status == 0 else {
            throw StartFailure(
                .runner, errno: status < 0 ? errno : ECHILD, "\(program) could not be started (status \(status))")
        }
    }

    /// Where it is installed; `nil`: nowhere.
    static var path: String? { InstalledProgram.path(of: "recoverd-runner") }
}

/// Runs a program to its end; its exit status, or -1 with errno.
private func run(_ words: [String]) -> Int32 {
    var pointers = words.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { csystem_run_program($0.baseAddress) }
}
