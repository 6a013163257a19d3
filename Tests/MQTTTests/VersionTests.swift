import MQTT
import TestSupport
import Testing

@Suite(.crowd)
struct VersionTests {
    /// How a broker of old shows that it does not know MQTT 5.
    enum Refusal: String, CaseIterable {
        case hangsUp, answersCode1, answersOldIdentifierRejected, answersUnsupported
    }

    @Test(arguments: Refusal.allCases)
    func brokerWithoutVersion5IsSpokenToIn311(refusal: Refusal) async throws {
        let levels = Collected<Int>()
        let broker = try FakeBroker { peer in
            let level = try peer.connect()
            levels.append(level)
            guard level == 4 else {
                switch refusal {
                case .hangsUp: break
                case .answersCode1: try peer.send([0x20, 2, 0, 1])
                case .answersOldIdentifierRejected: try peer.send([0x20, 2, 0, 2])
                case .answersUnsupported: try peer.send([0x20, 3, 0, 0x84, 0])
                }
                return
            }
            try peer.send(FakeBrokerPeer.connack(isVersion5: false))
            try peer.answerSubscribe(1, isVersion5: false)
            try peer.send(FakeBrokerPeer.publish("hi", to: "t", isVersion5: false))
            while try peer.packet() != nil {}
        }
        var options = MQTTOptions.test(broker.port)
        options.isSingleAttempt = true
        try await Harness.run(options) { harness in
            try await harness.subscribe("t")
            try await eventually("the message is there") { harness.texts == ["hi"] }
            #expect(harness.connections == [.v311])
            #expect(harness.failures.isEmpty)
            #expect(levels.all == [5, 4])
        }
    }

    /// RabbitMQ 3.10 does.
    @Test func brokerThatAnswersQoS2AsIfItWere1IsSentQoS1() async throws {
        let levels = Collected<UInt8>()
        let broker = try FakeBroker { peer in
            try peer.accept()
            while let packet = try peer.packet() {
                guard packet[0] & 0xF0 == 0x30 else { continue }
                levels.append(packet[0] >> 1 & 3)
                // The identifier follows the topic "t" with its length of two bytes.
                try peer.send([0x40, 2, packet[5], packet[6]])
            }
        }
        try await Harness.run(.test(broker.port)) { harness in
            harness.publish("t", "first", qos: .exactlyOnce)
            try await eventually("it is answered") { harness.outcomes.count == 1 }
            harness.publish("t", "second", qos: .exactlyOnce)
            try await eventually("that, too") { harness.outcomes.count == 2 }
            #expect(harness.outcomes.all == [.acknowledged(.success), .acknowledged(.success)])
            #expect(levels.all == [2, 1, 1])
            #expect(harness.connections.count == 2)
        }
    }

    @Test func higherQoSThanTheBrokerHasIsLowered() async throws {
        let broker = try await BrokerFixture(.init(lines: ["max_qos 1"]))
        try await Harness.run(.test(broker.port)) { harness in
            try await harness.subscribe("t")
            harness.publish("t", "less than asked", qos: .exactlyOnce)
            try await eventually("it is there and answered") { harness.messages.count + harness.outcomes.count == 2 }
            #expect(harness.outcomes.all == [.acknowledged(.success)])
            #expect(harness.messages.all.map(\.qos) == [.atLeastOnce])
        }
    }
}
