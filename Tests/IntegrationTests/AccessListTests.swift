import Glibc
import JSON
import MQTT
import TestSupport
import Testing

/// The access lists of `conf/access-lists`, on real brokers: an agent can do nothing in another one's name.
@Suite(.crowd)
struct AccessListTests {
    /// A broker with a list of ours, and those who have certificates for it.
    struct Site {
        let (agents, senders): (TestAuthority, TestAuthority)
        let (agentPort, senderPort): (Int, Int)

        func agent(_ name: String, as identifier: String? = nil, hearing filters: [String] = []) -> Peer {
            Peer(name, identifier ?? "recoverd-agent-\(name)", at: agentPort, agents, broker: agents, hearing: filters)
        }

        func sender(hearing filters: [String] = []) -> Peer {
            Peer("ops", "recoverctl0123456789ab", at: senderPort, senders, broker: agents, hearing: filters)
        }

        /// Members of a main file with which a real agent connects here.
        func members(_ name: String) -> JSONObject {
            [
                "CommandTopic": .null, "CommandResultTopic": .null, "Secure": true, "CAFile": .string(agents.caFile),
                "CertificateFile": .string(agents.certificate(name)), "KeyFile": .string(agents.key(name)),
            ]
        }
    }

    /// The broker's configuration and list as they are in the repository, with ports and files of this test.
    private static func mosquitto() async throws -> (BrokerFixture, Site) {
        let (agents, senders) = (try TestAuthority(), try TestAuthority())
        for name in ["web01", "web02"] { try agents.issue(name) }
        try senders.issue("ops")
        let (agentPort, senderPort) = (try LoopbackPort.free(), try LoopbackPort.free())
        let list = try agents.directory.write(try Page("conf/access-lists/mosquitto.acl").text, to: "acl", mode: 0o644)
        let text = try Page("conf/access-lists/mosquitto.conf").text
            .replacing("listener 8883", with: "listener \(agentPort) 127.0.0.1")
            .replacing("listener 8884", with: "listener \(senderPort) 127.0.0.1")
            .replacing("/etc/mosquitto/recoverd.acl", with: list)
            .replacing("/etc/mosquitto/broker.pem", with: agents.certificate("server"))
            .replacing("/etc/mosquitto/broker.key", with: agents.key("server"))
            .replacing("/etc/mosquitto/agents-ca.pem", with: agents.caFile)
            .replacing("/etc/mosquitto/senders-ca.pem", with: senders.caFile)
        let broker = try await BrokerFixture(.init(lines: text.split(separator: "\n").map(String.init)))
        let site = Site(agents: agents, senders: senders, agentPort: agentPort, senderPort: senderPort)
        try await eventually("both doors are open") {
            LoopbackPort.isOpen(agentPort) && LoopbackPort.isOpen(senderPort)
        }
        return (broker, site)
    }

    private static func rabbit() async throws -> (RabbitFixture, Site) {
        let authority = try TestAuthority()
        for name in ["web01", "web02", "ops"] { try authority.issue(name) }
        let hosts = try authority.directory.write("web01\nweb02 # the other one\n", to: "hosts.txt")
        let script = "\(Page.root)/conf/access-lists/rabbitmq-definitions.sh"
        let definitions = try authority.directory.write(
            try ChildProgram.run("/bin/sh", "-c", "exec '\(script)' ops <'\(hosts)'"), to: "definitions.json")
        let broker = try await RabbitFixture(plugins: "rabbitmq_mqtt, rabbitmq_auth_mechanism_ssl") { port in
            try Page("conf/access-lists/rabbitmq.conf").text
                .replacing("ssl.default = 8883", with: "ssl.1 = 127.0.0.1:\(port)")
                .replacing("/etc/rabbitmq/broker.pem", with: authority.certificate("server"))
                .replacing("/etc/rabbitmq/broker.key", with: authority.key("server"))
                .replacing("/etc/rabbitmq/ca.pem", with: authority.caFile)
                .replacing("/etc/rabbitmq/definitions.json", with: definitions)
        }
        return (broker, Site(agents: authority, senders: authority, agentPort: broker.port, senderPort: broker.port))
    }

    /// Who may write what; every other cell of the table is a refusal.
    private static let writes: [(user: String, topic: String, isAllowed: Bool)] = [
        ("web02", "recovery/web02/result", true), ("web02", "recovery/web02/event", true),
        ("web02", "recovery/web02/online", true), ("web02", "recovery/web02/status", true),
        ("web02", "recovery/web02/catalog", true), ("web02", "recovery/web02/command", false),
        ("web02", "recovery/web01/command", false), ("web02", "recovery/web01/result", false),
        ("web02", "recovery/web01/event", false), ("web02", "recovery/web01/online", false),
        ("web02", "recovery/web01/status", false), ("web02", "recovery/web01/catalog", false),
        ("web02", "recovery/web02/result/more", false), ("web02", "other", false), ("web02", "recovery-results", false),
        ("ops", "recovery/web01/command", true), ("ops", "recovery/web01/result", false),
        ("ops", "recovery/web01/status", false), ("ops", "recovery-tasks", false),
    ]

    /// Tries everything with each user, and looks at what came through.
    private static func expectTheTable(at site: Site) async throws {
        try await site.sender(hearing: ["result", "event", "online", "status", "catalog"].map { "recovery/+/\($0)" })
            .run {
                listener in
                try await eventually("the listener is subscribed") { listener.grants == 5 }
                for (index, write) in writes.enumerated() {
                    // A session of its own for each: a broker may cut the one that tried.
                    let peer =
                        write.user == "ops"
                        ? Peer(
                            "ops", "sendcommand0000000000\(10 + index)", at: site.senderPort, site.senders,
                            broker: site.agents)
                        : site.agent(write.user)
                    let isTaken = try await peer.run { try await $0.publish("try \(index)", to: write.topic) }
                    #expect(isTaken == write.isAllowed, "\(write)")
                }
                let own = writes.indices.filter { writes[$0].user == "web02" && writes[$0].isAllowed }.map {
                    "try \($0)"
                }
                try await eventually("what is allowed comes") { listener.texts("").count >= own.count }
                // The last one was answered long after those before it would have come.
                #expect(listener.texts("").sorted() == own.sorted())
            }
    }

    /// Another host's commands do not come to who asks for them.
    private static func expectCommandsToComeToTheirHostOnly(at site: Site, grants: Bool) async throws {
        try await site.agent("web01", hearing: ["recovery/web01/command"]).run { own in
            try await eventually("web01 is subscribed") { own.grants == 1 }
            for filter in ["recovery/web01/command", "recovery/+/command", "#"] {
                try await site.agent("web02", hearing: [filter, "recovery/web02/command"]).run { strange in
                    try await eventually("web02 has its answers") {
                        strange.grants == 2 || !grants && strange.losses > 0
                    }
                    try await site.sender().run { sender in
                        #expect(try await sender.publish(filter, to: "recovery/web01/command"))
                        _ = try await sender.publish("for web02", to: "recovery/web02/command")
                    }
                    try await eventually("web01 has its command") { own.texts("web01/command").contains(filter) }
                    if grants { try await eventually("web02 has its own") { !strange.texts("web02/command").isEmpty } }
                    #expect(strange.texts("web01/command").isEmpty)
                }
            }
        }
    }

    /// A real agent does all its work under the list.
    private static func expectAnAgentToWork(at site: Site) async throws {
        let agent = try AgentFixture(port: site.agentPort, site.members("web01"))
        try agent.launch()
        try await site.sender(hearing: ["recovery/web01/online", "recovery/web01/status", "recovery/web01/catalog"]).run
        {
            sender in
            try await eventually("it is online; it said: \(agent.log)") {
                sender.texts("/online").last == "1" && !sender.texts("/status").isEmpty
                    && !sender.texts("/catalog").isEmpty
            }
        }
        let ended = try Ended.running([
            Programs.sendCommand, "--host", "mqtts://127.0.0.1:\(site.senderPort)", "--cafile", site.agents.caFile,
            "--cert", site.senders.certificate("ops"), "--key-file", site.senders.key("ops"), "--to", "web01",
            "hello", "exec",
        ])
        #expect(ended.status == 0 && ended.output.contains("Hello World!"), "\(ended)")
        #expect(agent.end() == 0)
    }

    @Test("T21, T30: mosquitto refuses commands to others and results in their names")
    func mosquittoRefusesWhatAnAgentMayNotWrite() async throws {
        let (broker, site) = try await Self.mosquitto()
        try await Self.expectTheTable(at: site)
        withExtendedLifetime(broker) {}
    }

    @Test("T30: mosquitto gives commands to their host only") func mosquittoGivesCommandsToTheirHostOnly() async throws
    {
        let (broker, site) = try await Self.mosquitto()
        // It grants every subscription, and delivers nothing.
        try await Self.expectCommandsToComeToTheirHostOnly(at: site, grants: true)
        withExtendedLifetime(broker) {}
    }

    @Test func agentWorksUnderTheListOfMosquitto() async throws {
        let (broker, site) = try await Self.mosquitto()
        try await Self.expectAnAgentToWork(at: site)
        withExtendedLifetime(broker) {}
    }

    @Test("T30: nobody takes another agent's session at mosquitto") func nobodyTakesAnotherAgentsSession() async throws
    {
        let (broker, site) = try await Self.mosquitto()
        try await site.agent("web01", hearing: ["recovery/web01/command"]).run { own in
            try await eventually("web01 is subscribed") { own.grants == 1 }
            for identifier in ["web01", "recoverd-agent-web01"] {
                try await site.agent("web02", as: identifier).run { strange in
                    try await eventually("web02 is connected") { strange.connections == 1 }
                }
            }
            // With an agent's certificate there is no way in by the senders' door, where the identifier is free.
            let thief = Peer("web02", "web01", at: site.senderPort, site.agents, broker: site.agents)
            try await thief.run { thief in
                try await eventually("it is not let in") { thief.failures > 0 }
                #expect(thief.connections == 0)
            }
            #expect(own.losses == 0 && own.connections == 1)
        }
        withExtendedLifetime(broker) {}
    }

    /// CVE-2017-7650: once a user called `#` or `+` matched every pattern.
    @Test("T30: a user named like a wildcard gets nothing", arguments: ["#", "+", "web01/command", "+/command"])
    func userNamedLikeAWildcardGetsNothing(name: String) async throws {
        let (broker, site) = try await Self.mosquitto()
        try site.agents.issue("stranger", commonName: name)
        try await site.agent("web01", hearing: ["recovery/web01/command"]).run { own in
            try await eventually("web01 is subscribed") { own.grants == 1 }
            try await site.agent("stranger", hearing: ["recovery/web01/command", "#"]).run { stranger in
                try await eventually("it is in, or not let in") { stranger.grants == 2 || stranger.failures > 0 }
                if stranger.connections > 0 {
                    for topic in ["recovery/web01/result", "recovery/web01/command", "recovery/+/result"] {
                        let isTaken = try await stranger.publish("forged", to: topic)
                        #expect(!isTaken, "\(topic)")
                    }
                }
                let isTaken = try await site.sender().run { sender in
                    try await sender.publish("real", to: "recovery/web01/command")
                }
                #expect(isTaken)
                try await eventually("web01 has its command") { own.texts("/command") == ["real"] }
                #expect(stranger.texts("").isEmpty)
            }
        }
        withExtendedLifetime(broker) {}
    }

    @Test(
        "T21, T30: RabbitMQ refuses all of it", .enabled(if: RabbitFixture.isInstalled, "needs rabbitmq-server"),
        .timeLimit(.minutes(15)))
    func rabbitRefusesWhatAnAgentMayNotDo() async throws {
        let (broker, site) = try await Self.rabbit()
        do {
            try await Self.expectAnAgentToWork(at: site)
            try await Self.expectTheTable(at: site)
            try await Self.expectCommandsToComeToTheirHostOnly(at: site, grants: false)
            // The queue of web01 is not web02's.
            try await site.agent("web02", as: "recoverd-agent-web01", hearing: ["recovery/web02/command"]).run {
                thief in
                try await eventually("it is cut off") { thief.losses > 0 }
                #expect(thief.grants == 0)
            }
        } catch {
            Issue.record("\(error); it said: \(broker.log.suffix(3000))")
        }
    }
}
