import MQTT
import TestSupport
import Testing

@Suite(.crowd)
struct DeliveryTests {
    @Test(arguments: [MQTTQoS.atMostOnce, .atLeastOnce, .exactlyOnce])
    func messagesGoOutAndComeBackInOrder(qos: MQTTQoS) async throws {
        let broker = try await BrokerFixture()
        try await Harness.run(.test(broker.port)) { harness in
            try await harness.subscribe("echo/#", qos: qos)
            for number in 1...300 { harness.publish("echo/a", "\(number)", qos: qos) }
            try await eventually("all are there") { harness.messages.count == 300 && harness.outcomes.count == 300 }
            #expect(harness.texts == (1...300).map(String.init))
            #expect(harness.messages.all.allSatisfy { $0.qos == qos && $0.topic == "echo/a" && !$0.isRetained })
            #expect(harness.outcomes.all.allSatisfy { $0 == (qos == .atMostOnce ? .sent : .acknowledged(.success)) })
            #expect(harness.connections == [.v5])
            let statistics = harness.client.statistics
            #expect(statistics.outboxCount == 0 && statistics.outboxBytes == 0)
            #expect(statistics.published == 300)
            try await eventually("they are counted") { harness.client.statistics.received == 300 }
        }
    }
}
