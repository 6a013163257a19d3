import Glibc
import Synchronization
import TestSupport

/// A real RabbitMQ with its plugin for MQTT, on a free port of 127.0.0.1; killed when nobody holds it any more.
///
/// Nothing of it is shared with another one of this machine: it has a node name, a cookie, a port mapper and files of its
/// own. A start takes some ten seconds.
final class RabbitFixture: Sendable {
    private static let program = "/usr/lib/rabbitmq/bin/rabbitmq-server"

    /// Whether it is installed as Debian does.
    static let isInstalled = access(program, X_OK) == 0 && access("/usr/bin/epmd", X_OK) == 0

    /// Where it listens for MQTT.
    let port: Int
    private let directory: TemporaryDirectory
    private let mapper: ChildProgram
    private let variables: [String]
    private let child = Mutex<ChildProgram?>(nil)

    /// A broker that lets everybody do everything.
    convenience init() async throws {
        try await self.init(plugins: "rabbitmq_mqtt") { port in
            """
            listeners.tcp = none
            mqtt.listeners.tcp.1 = 127.0.0.1:\(port)
            mqtt.allow_anonymous = true

            """
        }
    }

    /// Starts it and waits until it listens.
    init(plugins: String, _ configuration: (_ port: Int) throws -> String) async throws {
        directory = try TemporaryDirectory()
        port = try LoopbackPort.free()
        let (mapperPort, nodePort) = (try LoopbackPort.free(), try LoopbackPort.free())
        try directory.write(
            try configuration(port) + "log.console = true\nlog.file = false\n", to: "rabbitmq.conf")
        try directory.write("[\(plugins)].\n", to: "plugins")
        let node = "recoverd\(getpid())x\(port)@localhost"
        variables = [
            "HOME=\(directory.path)", "RABBITMQ_NODENAME=\(node)", "RABBITMQ_MNESIA_BASE=\(directory.path("data"))",
            "RABBITMQ_LOG_BASE=\(directory.path("logs"))", "RABBITMQ_CONFIG_FILE=\(directory.path("rabbitmq.conf"))",
            "RABBITMQ_ENABLED_PLUGINS_FILE=\(directory.path("plugins"))", "RABBITMQ_PID_FILE=\(directory.path("pid"))",
            "RABBITMQ_CONF_ENV_FILE=/dev/null", "RABBITMQ_DIST_PORT=\(nodePort)", "ERL_EPMD_PORT=\(mapperPort)",
            "ERL_EPMD_ADDRESS=127.0.0.1",
            // One thread that sleeps when it has nothing to do: others have tests to run.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
        ]
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(null) }
        // In the foreground: else the node would leave one behind.
        mapper = try ChildProgram(
            ["/usr/bin/epmd", "-address", "127.0.0.1", "-port", "\(mapperPort)"], output: null)
        try await eventually("the port mapper listens") { LoopbackPort.isOpen(mapperPort) }
        try await start()
    }

    deinit { kill() }

    /// Starts it again on what the one before left, and waits until it listens.
    func start() async throws {
        let log = open(directory.path("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw SystemFailure("open log", errno) }
        defer { close(log) }
        let program = try ChildProgram(["/usr/bin/nice", "/usr/bin/env"] + variables + [Self.program], output: log)
        child.withLock { $0 = program }
        try await eventually(within: .seconds(120), "RabbitMQ listens; it said: \(self.log.suffix(2000))") {
            LoopbackPort.isOpen(port)
        }
    }

    /// Kills it: what it did not save is lost.
    func kill() {
        if let text = try? directory.text(of: "pid"), let pid = pid_t(text.filter(\.isNumber)) {
            Glibc.kill(pid, SIGKILL)
        }
        unlink(directory.path("pid"))
        child.withLock { child in
            child?.end(SIGKILL)
            child = nil
        }
    }

    /// What it said.
    var log: String { (try? directory.text(of: "log")) ?? "" }
}
