import Glibc
import Synchronization

/// A real mosquitto on a free port of 127.0.0.1, with a configuration of its own; killed when nobody holds it any more.
///
/// ```swift
/// let broker = try await BrokerFixture(.init(users: ["agent": "secret"]))
/// // … connect to 127.0.0.1 at broker.port
/// try await broker.restart()
/// ```
public final class BrokerFixture: Sendable {
    /// What is different from a broker that lets everybody do everything.
    public struct Options: Sendable {
        /// Users and their passwords; empty lets anybody in.
        public var users: [String: String] = [:]
        /// Lines of an access list; empty allows everything.
        public var accessList: [String] = []
        /// Certificates for TLS; nil speaks plain TCP.
        public var certificates: TestCertificates?
        /// Which of the certificates is shown.
        public var certificateName = "server"
        /// Another maker of certificates for TLS.
        public var authority: TestAuthority?
        /// Whether sessions survive a stop (not a kill).
        public var isPersistent = false
        /// `max_queued_messages`, if not the broker's default.
        public var maximumQueued: Int?
        /// More lines for its configuration.
        public var lines: [String] = []

        /// A broker that lets everybody do everything.
        public init(
            users: [String: String] = [:], accessList: [String] = [], certificates: TestCertificates? = nil,
            authority: TestAuthority? = nil, certificateName: String = "server", isPersistent: Bool = false,
            maximumQueued: Int? = nil,
            lines: [String] = []
        ) {
            self.users = users
            self.accessList = accessList
            self.certificates = certificates
            self.authority = authority
            self.certificateName = certificateName
            self.isPersistent = isPersistent
            self.maximumQueued = maximumQueued
            self.lines = lines
        }
    }

    /// Where it listens.
    public let port: Int
    /// Where its configuration, log and store are.
    public let directory: TemporaryDirectory
    private let options: Options
    private let child = Mutex<ChildProgram?>(nil)

    /// Starts a broker and waits until it listens.
    public init(_ options: Options = Options()) async throws {
        self.options = options
        directory = try TemporaryDirectory()
        port = try LoopbackPort.free()
        try writeConfiguration()
        try await start()
    }

    /// Starts it again at the same port, and waits until it listens.
    public func start() async throws {
        let log = open(directory.path("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw SystemFailure("open log", errno) }
        defer { close(log) }
        let broker = try ChildProgram(["/usr/sbin/mosquitto", "-v", "-c", directory.path("conf")], output: log)
        child.withLock { $0 = broker }
        try await eventually("the broker listens") { LoopbackPort.isOpen(port) }
    }

    /// Ends it in order: it saves its store and closes its connections.
    public func stop() { end(SIGTERM) }

    /// Kills it: what it did not save is lost.
    public func kill() { end(SIGKILL) }

    /// Stops and starts it.
    public func restart() async throws {
        stop()
        try await start()
    }

    /// Stops it from doing anything; its connections stay open.
    ///
    /// ``resume()`` lets it go on.
    public func suspend() { child.withLock { $0?.send(SIGSTOP) } }

    /// Lets it go on after ``suspend()``.
    public func resume() { child.withLock { $0?.send(SIGCONT) } }

    /// Makes it read certificates, users and access list again.
    public func reload() { child.withLock { $0?.send(SIGHUP) } }

    /// Whom it lets do what, from the next ``reload()`` or start on.
    public func replaceAccessList(_ lines: [String]) throws {
        try directory.write(lines.joined(separator: "\n") + "\n", to: "acl", mode: 0o644)
    }

    /// Its log so far: every packet is a line.
    public var log: String { (try? directory.text(of: "log")) ?? "" }

    private func end(_ signal: CInt) {
        child.withLock { child in
            child?.send(SIGCONT)
            child?.end(signal)
            child = nil
        }
    }

    private func writeConfiguration() throws {
        var lines = ["listener \(port) 127.0.0.1", "log_dest stderr", "log_timestamp_format %H:%M:%S"]
        lines.append("allow_anonymous \(options.users.isEmpty)")
        // A broker started by root would become another user, who cannot read our directory.
        if getuid() == 0 { lines.append("user root") }
        if !options.users.isEmpty { lines.append("password_file \(try writeUsers())") }
        if !options.accessList.isEmpty {
            try replaceAccessList(options.accessList)
            lines.append("acl_file \(directory.path("acl"))")
        }
        if let certificates = options.certificates {
            lines.append("certfile \(certificates.certificate(options.certificateName))")
            lines.append("keyfile \(certificates.key(options.certificateName))")
        }
        if let authority = options.authority {
            lines.append("certfile \(authority.certificate(options.certificateName))")
            lines.append("keyfile \(authority.key(options.certificateName))")
        }
        if options.isPersistent { lines += ["persistence true", "persistence_location \(directory.path)/"] }
        if let maximum = options.maximumQueued { lines.append("max_queued_messages \(maximum)") }
        try directory.write((lines + options.lines).joined(separator: "\n") + "\n", to: "conf")
    }

    private func writeUsers() throws -> String {
        let path = try directory.write("", to: "users")
        for (user, password) in options.users {
            try ChildProgram.run("/usr/bin/mosquitto_passwd", "-b", path, user, password)
        }
        return path
    }
}
