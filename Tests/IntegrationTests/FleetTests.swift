import Glibc
import JSON
import Logging
import MQTT
import TestSupport
import Testing

/// Many agents, or two with one name, on one broker.
@Suite(.crowd)
struct FleetTests {
    /// F-25: after an outage the agents come back spread over time, and all of them come back.
    @Test func hundredClientsComeBackWithoutAWave() async throws {
        let broker = try await BrokerFixture()
        let clients = (1...100).map { number in
            let address = BrokerAddress(host: "127.0.0.1", port: broker.port)
            let options = MQTTOptions(address: address, clientID: "agent-\(number)")
            return MQTTClient(options, logger: Logger(label: "fleet") { _ in SwiftLogNoOpLogHandler() })
        }
        for client in clients { client.start() }
        try await eventually("all are connected") { clients.allSatisfy { $0.statistics.isConnected } }
        broker.kill()
        // Long enough for the back-off to have grown; the first second's attempts all fail.
        try await Task.sleep(for: .seconds(6))
        try await broker.start()
        try await eventually(within: .seconds(90), "all are back") { clients.allSatisfy { $0.statistics.isConnected } }
        let perSecond = Dictionary(grouping: connectTimes(broker).suffix(100)) { $0 }.mapValues(\.count)
        #expect(perSecond.values.allSatisfy { $0 <= 50 }, "\(perSecond)")
        for client in clients { await client.stop(deadline: .zero) }
    }

    @Test("T28, F-24: two agents with one identity are noticed") func twoAgentsWithOneIdentityAreNoticed() async throws
    {
        let broker = try await BrokerFixture()
        let first = try await AgentFixture(broker)
        let second = try await AgentFixture(broker)
        try await eventually(within: .seconds(60), "one of them says so") {
            [first, second].contains { $0.log.lowercased().contains("client identifier") }
        }
        first.end()
        second.end()
    }

    @Test func twoAgentsOnOneTopicPairBothAnswer() async throws {
        let broker = try await BrokerFixture()
        let agents = try await [AgentFixture(broker, host: "web01"), AgentFixture(broker, host: "web02")]
        try await Sender.with(broker) { sender in
            sender.send(1, "hello", "exec")
            try await eventually("two answers") { sender.answers(to: 1).count == 2 }
        }
        for agent in agents { agent.end() }
    }

    /// The second of every connection, from the broker's own log.
    private func connectTimes(_ broker: BrokerFixture) -> [Substring] {
        broker.log.split(separator: "\n").filter { $0.contains("New client connected") }.map { $0.prefix(8) }
    }
}
