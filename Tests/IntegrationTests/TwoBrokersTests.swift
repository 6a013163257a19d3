import JSON
import TestSupport
import Testing

/// Two plain brokers as a redundant pair.
@Suite(.crowd)
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

    @Test func sameTaskThroughBothIsExecutedOnceAndAnsweredToBoth() async throws {
        let brokers = [try await BrokerFixture(), try await BrokerFixture()]
        let directory = try TemporaryDirectory()
        let line = Stage.noted(in: directory) + "; date +%N"
        let agent = try await AgentFixture(
            brokers[0],
            [
                "Host": .array(brokers.map { .string("127.0.0.1:\($0.port)") }),
                "Services": ["t": ["commands": ["count": .string(line)]]],
            ])
        try await eventually("the agent is subscribed at both") { subscriptions(brokers[1]) == 1 }
        try await Sender.with(brokers[0]) { first in
            try await Sender.with(brokers[1]) { second in
                for id in 1...Int64(10) { for sender in [first, second] { sender.send(.integer(id), "t", "count") } }
                for id in 1...Int64(10) {
                    let answers = try await [first.answer(to: .integer(id)), second.answer(to: .integer(id))]
                    #expect(answers[0].payload == answers[1].payload)
                }
                #expect(try directory.text(of: "ledger").split(separator: "\n").count == 10)
                brokers[0].kill()
                let again = try await second.ask(1, "t", "count")
                #expect(again.payload == second.answers(to: 1).first?.payload)
                #expect(try await second.ask(11, "t", "count").code == 0)
            }
        }
        #expect(try directory.text(of: "ledger").split(separator: "\n").count == 11)
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
