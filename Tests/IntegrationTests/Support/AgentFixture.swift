import Glibc
import JSON
import Synchronization
import TestSupport

/// A real agent with a configuration and a state directory of its own; killed when nobody holds it any more.
final class AgentFixture: Sendable {
    /// The host that it says it is.
    let host: String
    /// Its main file, its state directory and its log are in here.
    let directory: TemporaryDirectory
    private let child = Mutex<ChildProgram?>(nil)

    /// Starts an agent and waits until it says that it is online.
    convenience init(
        _ broker: BrokerFixture, host: String = "web01", _ members: JSONObject = [:],
        in place: TemporaryDirectory? = nil, environment: [String: String] = [:], prefix: [String] = []
    ) async throws {
        try self.init(port: broker.port, host: host, members, in: place)
        try await start(broker, environment: environment, prefix: prefix)
    }

    /// Lays an agent out for any broker of this machine, and starts nothing.
    init(port: Int, host: String = "web01", _ members: JSONObject = [:], in place: TemporaryDirectory? = nil) throws {
        self.host = host
        directory = try place ?? TemporaryDirectory()
        var configuration: JSONObject = ["Host": .string("127.0.0.1:\(port)"), "Hostname": .string(host)]
        configuration["ReconnectInterval"] = 1
        configuration["CommandTopic"] = "test-topic"
        configuration["CommandResultTopic"] = "test-result-topic"
        configuration["Services"] = Self.services
        for member in members.members { configuration[member.name] = member.value == .null ? nil : member.value }
        try write(configuration)
    }

    deinit {
        // Commands outlive the agent, and so does what supervises them; a test leaves nothing behind.
        child.withLock { $0?.end(ProcessEnvironment.isCounting ? SIGTERM : SIGKILL) }
        for process in AgentProcesses.withDescendants(runtime: runtime) { kill(process, SIGKILL) }
    }

    /// The directory that it shares with its runner.
    var runtime: String { directory.path("run") }

    /// Its own processes: agent, runner and supervisors; not the commands.
    var processes: [pid_t] { AgentProcesses.all(runtime: runtime) }

    /// The services of the predecessor's acceptance checks.
    static let services: JSONValue = [
        "hello": ["commands": ["exec": "/bin/echo \"Hello World!\""]],
        "false": ["commands": ["exec": "/bin/false"]],
        "no-command": ["commands": ["exec": "/bin/no-command 2>&1"]],
        "t": [
            "commands": [
                "nonl": "printf foo", "exit3": "echo a; exit 3", "two": "echo a; echo b", "note": "echo hi # c",
                "slow": "sleep 5; echo done", "endless": "sleep 60", "second": "sleep 1; echo done",
            ]
        ],
    ]

    /// Replaces the main file in one step.
    func write(_ configuration: JSONObject) throws {
        try directory.write(JSONValue.object(configuration).bytes, to: "monitor-config.json")
    }

    /// Changes members of the main file.
    func rewrite(_ members: JSONObject) throws {
        let text = try JSONText(Array(directory.text(of: "monitor-config.json").utf8))
        var configuration = text.value.object ?? [:]
        for member in members.members { configuration[member.name] = member.value == .null ? nil : member.value }
        try write(configuration)
    }

    /// Starts it (again) and waits until it is connected and subscribed to all command topics.
    func start(
        _ broker: BrokerFixture, environment: [String: String] = [:], prefix: [String] = []
    ) async throws {
        let wanted = try Self.subscriptions(broker, host) + commandTopics
        try launch(environment: environment, prefix: prefix)
        try await eventually("the agent is subscribed; it said: \(self.log)") {
            Self.subscriptions(broker, self.host) >= wanted
        }
    }

    /// How many topics its tasks come by; each is subscribed to by itself.
    private var commandTopics: Int {
        get throws {
            let configuration = try JSONText(Array(directory.text(of: "monitor-config.json").utf8)).value.object
            return (configuration?["CommandTopic"] == nil ? 0 : 1) + (configuration?["Root"] == "" ? 0 : 1)
        }
    }

    /// How it is started.
    var words: [String] {
        [
            Programs.agent, "run", "--config", directory.path("monitor-config.json"), "--state",
            directory.path("state"), "--runtime", runtime,
        ]
    }

    /// Starts it (again) and waits for nothing; a prefix is a program that starts what follows.
    func launch(environment: [String: String] = [:], prefix: [String] = [], flags: [String] = []) throws {
        let log = open(directory.path("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw SystemFailure("open log", errno) }
        defer { close(log) }
        let program = try ChildProgram(
            ["/usr/bin/env"] + environment.map { "\($0.key)=\($0.value)" } + prefix + words + flags,
            output: log
        )
        child.withLock { $0 = program }
    }

    /// Sends it a signal.
    func send(_ signal: CInt) { child.withLock { $0?.send(signal) } }

    /// Sends it a signal and waits for its end; the exit status, or 128+n.
    @discardableResult
    func end(_ signal: CInt = SIGTERM) -> CInt {
        let program = child.withLock { child in
            defer { child = nil }
            return child
        }
        program?.send(signal)
        guard let status = program?.wait() else { return -1 }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    }

    /// Its process.
    var identifier: pid_t { child.withLock { $0?.identifier ?? -1 } }

    /// What it logged so far.
    var log: String { (try? directory.text(of: "log")) ?? "" }

    /// How often the broker acknowledged a subscription of this agent.
    private static func subscriptions(_ broker: BrokerFixture, _ host: String) -> Int {
        broker.log.components(separatedBy: "Sending SUBACK to recoverd-agent-\(host)")
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(separatedBy text: String) -> Int {
        split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
