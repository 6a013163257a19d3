import CommandCatalog
import Glibc
import JSON
import Signatures
import TestSupport
import Testing

/// What is secret stays in the files and in the memory where it belongs.
@Suite(.crowd)
struct SecretTests {
    /// What is planted, and must be found nowhere.
    private static let password = "planted-broker-sesame"
    private static let parameter = "planted-parameter-sesame"
    private static let variable = "planted-variable-sesame"

    /// A broker that wants a password, an agent that has it from a file, and a signed task with a secret parameter that runs.
    private func with(
        _ body: (AgentFixture, Trust, BrokerFixture, _ everything: () throws -> [String: String]) async throws -> Void
    ) async throws {
        let trust = try Trust()
        let broker = try await BrokerFixture(
            .init(users: ["agent": Self.password, "ops": "x"], isPersistent: true))
        let files = try TemporaryDirectory()
        var members = trust.members
        members["User"] = "agent"
        members["PasswordFile"] = .string(try files.write(Self.password + "\n", to: "password"))
        members["LogLevel"] = "debug"
        let command: JSONValue = [
            "program": ["/bin/sh", "-c", "sleep 600; true", "{word}"],
            "parameters": ["word": ["type": "string", "pattern": "[a-z-]+", "secret": true]],
            "environment": ["PLANTED": .string(Self.variable)],
        ]
        members["Services"] = ["t": ["commands": ["hold": command]]]
        let agent = try await AgentFixture(broker, members)
        let listener = try files.write("", to: "messages")
        let output = open(listener, O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(output) }
        let subscriber = try ChildProgram(
            [
                "/usr/bin/mosquitto_sub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-u", "ops", "-P", "x", "-v", "-t",
                "recovery/+/online", "-t", "recovery/+/status", "-t", "recovery/+/catalog", "-t", "recovery/+/event",
                "-t", "recovery/+/result",
            ], output: output)
        defer { subscriber.end(SIGTERM) }
        try await body(agent, trust, broker) {
            [
                "log": agent.log, "audit": try trust.directory.text(of: "audit.log"),
                "messages": try files.text(of: "messages"),
                "check": try Ended.running([Programs.agent, "check", agent.directory.path("monitor-config.json")])
                    .output,
                "status": JSONValue.object(agent.status ?? [:]).text,
            ]
        }
    }

    private func task(_ trust: Trust, _ id: Int64, _ verb: (CommandRequest) -> Verb) throws -> [UInt8] {
        let word = try #require(Name("word"))
        let request = CommandRequest(
            service: try #require(Name("t")), command: try #require(Name("hold")),
            parameters: [word: .string(Self.parameter)])
        return trust.ops.task(id, verb(request))
    }

    private func publish(_ payload: [UInt8], _ broker: BrokerFixture) throws {
        try ChildProgram.run(
            "/usr/bin/mosquitto_pub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-u", "ops", "-P", "x", "-q", "1",
            "-t",
            "recovery/web01/command", "-m", String(decoding: payload, as: UTF8.self))
    }

    @Test("T17, T37, T38: no log, message or process shows a secret") func secretsAreShownNowhere() async throws {
        try await with { agent, trust, broker, everything in
            try publish(task(trust, 1) { .command($0) }, broker)
            try publish(task(trust, 2) { .check($0) }, broker)
            try publish(trust.ops.task(3, "tasks", service: "agent"), broker)
            try await eventually("the command runs") { try trust.events(1) == ["accepted", "started"] }
            try await eventually("the answers are there") {
                let messages = try everything()["messages"] ?? ""
                return messages.contains("\"task_id\":2") && messages.contains("\"task_id\":3")
            }
            let hostKey = try agent.directory.text(of: "state/host-key.pem").split(separator: "\n").map(String.init)
            let secrets =
                [Self.password, Self.parameter, Self.variable] + hostKey.filter { !$0.contains("-----") }
            #expect(secrets.count == 4)
            for (place, text) in try everything() {
                #expect(!text.isEmpty, "\(place)")
                for secret in secrets { #expect(!text.contains(secret), "\(secret) in \(place)") }
            }
            for process in agent.processes {
                let (line, variables) = (process.file("cmdline"), process.file("environ"))
                #expect(!line.isEmpty)
                for secret in secrets { #expect(!line.contains(secret) && !variables.contains(secret), "\(line)") }
            }
            // A command has what its entry gives it, and nothing of the agent's.
            let all = Set(AgentProcesses.withDescendants(runtime: agent.runtime)).subtracting(agent.processes)
            #expect(!all.isEmpty)
            for process in all {
                let text = process.file("cmdline") + process.file("environ")
                #expect(!text.contains(Self.password) && !hostKey.contains { text.contains($0) })
            }
        }
    }

    @Test(
        "T38: a program that crashes leaves its memory nowhere",
        .enabled(if: CoreDumps.areMade, "this machine makes no core dumps"),
        arguments: [
            ["recoverd-agent", "run", "--config", "agent.json", "--state", "state", "--runtime", "run"],
            ["send-command", "--host", "127.0.0.1", "--to", "web01", "hello", "exec"],
            ["send-config", "--host", "127.0.0.1", "--to", "web01", "agent.json"],
            ["recoverctl", "status", "--host", "127.0.0.1", "--to", "web01", "--timeout", "60"],
        ])
    func crashLeavesNoMemory(words: [String]) async throws {
        let (broker, directory) = (try await BrokerFixture(), try TemporaryDirectory())
        // Somebody hears what is asked, and nobody answers.
        let listener = try ChildProgram(
            ["/usr/bin/mosquitto_sub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-t", "recovery/web01/command"],
            output: STDERR_FILENO)
        defer { listener.end(SIGTERM) }
        try await eventually("somebody hears") { broker.log.contains("Sending SUBACK") }
        try directory.write(
            #"{"Host": "127.0.0.1:\#(broker.port)", "Hostname": "web01", "Services": {}}"#, to: "agent.json")
        let script = "cd '\(directory.path)' && exec \"$@\" >log 2>&1"
        let program = try ChildProgram(
            ["/usr/bin/env", CoreDumps.noBacktracer, "/bin/sh", "-c", script, "sh", Programs.path(words[0])]
                + words.dropFirst() + (words[0] == "recoverd-agent" ? [] : ["--port", "\(broker.port)"]),
            output: STDERR_FILENO)
        try await eventually("it is connected; it said: \((try? directory.text(of: "log")) ?? "")") {
            broker.log.split(separator: "\n").count { $0.contains("New client connected") } == 2
        }
        #expect(try !CoreDumps.isLeft(by: program))
        #expect(try ChildProgram.run("/usr/bin/find", directory.path, "-name", "*core*").isEmpty)
    }
}

extension pid_t {
    /// A file of the process in /proc.
    fileprivate func file(_ name: String) -> String { AgentProcesses.content("/proc/\(self)/\(name)") }
}
