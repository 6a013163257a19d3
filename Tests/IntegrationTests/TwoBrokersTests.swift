import JSON
import TestSupport
import Testing

/// Two plain brokers as a redundant pair.
@Suite(.timeLimit(.minutes(5)))
struct TwoBrokersTests {
    @Test(arguments: [0, 1]) func agentIsReachedWhicheverBrokerIsKilled(killed: Int) async throws {
        let brokers = [try await BrokerFixture(), try await BrokerFixture()]
        let (dead, alive) = (brokers[killed], brokers[1 - killed])
        let hosts = brokers.map { JSONValue.string("127.0.0.1:\($0.port)") }
        let agent = try await AgentFixture(alive, ["Host": .array(hosts)])
        try await eventually("the agent is subscribed at both") { subscriptions(dead) == 1 }
        for (number, broker) in brokers.enumerated() { try await ask(Int64(number), broker) }
        dead.kill()
        try await ask(2, alive)
        try await dead.start()
        try await eventually("the agent is back") { subscriptions(dead) == 2 }
        alive.kill()
        try await ask(3, dead)
        #expect(agent.end() == 0)
    }

    private func ask(_ id: Int64, _ broker: BrokerFixture) async throws {
        try await Sender.with(broker) { sender in
            let answer = try await sender.ask(.integer(id), "hello", "exec")
            #expect(answer.message == "Hello World!")
        }
    }

    /// How often the agent subscribed to the predecessor's topic.
    private func subscriptions(_ broker: BrokerFixture) -> Int {
        broker.log.split(separator: "\n").count { $0.hasSuffix("\ttest-topic (QoS 1)") }
    }
}
