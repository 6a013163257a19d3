import Glibc
import JSON
import MQTT
import TestSupport
import Testing

/// The agent as the operator meets it.
@Suite(.crowd)
struct AgentProgramTests {
    @Test func checkAcceptsAGoodFile() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(#"{"Host": "127.0.0.1", "Services": {}}"#, to: "good.json")
        let ended = try Ended.running([Programs.agent, "check", file])
        #expect(ended.status == 0)
    }

    @Test func everyMistakeIsToldAtOnceWithItsPlace() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            """
            {
              "Hots": "127.0.0.1",
              "MaxConcurrent": 0,
              "Services": { "hello": { "comands": {} }, "agent": {} },
              "Plugins": { "laod": {} }
            }
            """,
            to: "bad.json"
        )
        for arguments in [["check", file], ["run", "--config", file, "--state", directory.path("state")]] {
            let ended = try Ended.running([Programs.agent] + arguments)
            #expect(ended.status == 78)
            #expect(ended.errors.contains("\(file):2:3: Hots: unknown key; did you mean \"Host\"?"))
            #expect(ended.errors.contains("\(file):3:20: MaxConcurrent: expected an integer from 1 to 4096"))
            #expect(ended.errors.contains("comands: unknown key; did you mean \"commands\"?"))
            #expect(ended.errors.contains("Services.agent"))
            #expect(ended.errors.contains("did you mean \"load\"?"))
            #expect(ended.errors.contains("needs \"Host\""))
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func signalStopsItCleanly(signal: CInt) async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker)
        #expect(agent.end(signal) == 0)
        let online = try ChildProgram.run(
            "/usr/bin/mosquitto_sub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-t", "recovery/web01/online", "-C",
            "1",
            "-W", "10"
        )
        #expect(online == "0\n")
    }

    @Test func killedAgentIsOfflineByItsLastWill() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker)
        #expect(try retained("online", broker) == "1\n")
        agent.end(SIGKILL)
        try await eventually("the last will") { try retained("online", broker) == "0\n" }
    }

    @Test func statusAndCatalogAreRetainedAndShowNoCommandLine() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker)
        let status = try JSONText(Array(retained("status", broker).utf8)).value.object ?? [:]
        #expect(status["v"] == 1)
        #expect(status["host"] == "web01")
        #expect(try JSONSchema("status").violations(of: .object(status)).isEmpty)
        #expect(status["clock"] == "ok" && status["clock_was"] == nil)
        for member in ["time", "since", "boot_id", "version", "catalog", "running", "queued", "aliases"] {
            #expect(status[member] != nil, "\(member)")
        }
        let catalog = try retained("catalog", broker)
        #expect(catalog.contains(#""hello":{"commands":{"exec":{}}}"#))
        #expect(!catalog.contains("/bin/echo"))
        agent.end()
    }

    @Test func ownTopicsCanBeSwitchedOff() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker, ["Root": ""])
        try await Sender.with(broker) { sender in
            let answer = try await sender.ask(1, "hello", "exec")
            #expect(answer.code == 0)
        }
        #expect(!broker.log.contains("recovery/"))
        agent.end()
    }

    @Test func ownTopicsWorkWithoutThePredecessorsPair() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker, ["CommandTopic": .null, "CommandResultTopic": .null])
        let sender = try await Sender(broker, topic: "recovery/web01/command", results: "recovery/web01/result")
        #expect(try await sender.ask(1, "hello", "exec").message == "Hello World!")
        await sender.stop()
        agent.end()
    }

    @Test func hangupReadsEverythingAgain() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker)
        try agent.rewrite(["CommandTopic": "other-topic", "CommandResultTopic": "other-result-topic"])
        agent.send(SIGHUP)
        let sender = try await Sender(broker, topic: "other-topic", results: "other-result-topic")
        try await eventually("the other topic works") {
            sender.send(.integer(Int64.random(in: 100...999_999)), "hello", "exec")
            usleep(100_000)
            return sender.answers.contains { $0.message == "Hello World!" }
        }
        await sender.stop()
        agent.end()
    }

    @Test func brokenCatalogLeavesTheOldOneInForceAndSaysSo() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker)
        try agent.rewrite(["Services": ["hello": ["commands": ["exec": 5]]]])
        try await eventually("the log says so") { agent.log.contains("the old one stays in force") }
        try await eventually("the status says so") { try retained("status", broker).contains("expected a shell line") }
        try await Sender.with(broker) { sender in
            let answer = try await sender.ask(1, "hello", "exec")
            #expect(answer.message == "Hello World!")
        }
        agent.end()
    }

    /// C29: reading again over and over, broken files and good ones, during a storm of tasks.
    @Test func reloadsDuringAStormLoseNoAnswer() async throws {
        let broker = try await BrokerFixture(BrokerFixture.Options(maximumQueued: 20_000))
        let agent = try await AgentFixture(broker)
        try await Sender.with(broker) { sender in
            for round in 1...50 {
                let command: JSONValue = round.isMultiple(of: 2) ? "/bin/echo \"Hello World!\"" : 5
                try agent.rewrite(["Services": ["hello": ["commands": ["exec": command]]]])
                agent.send(SIGHUP)
                for id in 1...20 { sender.send(.integer(Int64(round * 100 + id)), "hello", "exec") }
                usleep(50_000)
            }
            try await eventually(within: .seconds(60), "every answer") { sender.answers.count == 1000 }
            #expect(Set(sender.answers.map(\.message)) == ["Hello World!"])
        }
        agent.end()
    }

    @Test func dumpShowsItsOwnMetrics() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker)
        agent.send(SIGUSR1)
        try await eventually("the dump") { agent.log.contains("remote-executor") }
        agent.end()
    }

    @Test func agentWaitsForABrokerThatComesLater() async throws {
        let broker = try await BrokerFixture()
        broker.stop()
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            #"{"Host": "127.0.0.1:\#(broker.port)", "Hostname": "late", "ReconnectInterval": 1, "Services": {}}"#,
            to: "c.json")
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let agent = try ChildProgram(
            [
                Programs.agent, "run", "--config", file, "--state", directory.path("s"), "--runtime",
                directory.path("r"),
            ],
            output: null
        )
        usleep(500_000)
        try await broker.start()
        try await eventually("the agent is online") { try retained("online", broker, host: "late") == "1\n" }
        agent.end(SIGTERM)
    }

    private func retained(_ topic: String, _ broker: BrokerFixture, host: String = "web01") throws -> String {
        (try? ChildProgram.run(
            "/usr/bin/mosquitto_sub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-t", "recovery/\(host)/\(topic)",
            "-C",
            "1", "-W", "2"
        )) ?? ""
    }
}
