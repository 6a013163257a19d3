import MQTT
import PluginKit
import PluginTesting
import TestSupport
import Testing

@testable import PluginHost

/// What a plugin's commit and a sender's completion mean on the wire.
@Suite(.crowd, .serialized) struct CommitTests {
    /// Half of F-01; the other half is what the plugin does in its commit.
    @Test("F-01: no acknowledgement leaves before the plugin committed")
    func noAcknowledgementLeavesBeforeThePluginCommitted() async throws {
        let wire = Collected<[UInt8]?>()
        let broker = try FakeBroker { peer in
            let isVersion5 = try peer.accept()
            try peer.answerSubscribe(1, isVersion5: isVersion5)
            try peer.send(
                (1...3).flatMap { number in
                    FakeBrokerPeer.publish("\(number)", to: "gate", identifier: UInt16(number), isVersion5: isVersion5)
                }
            )
            wire.append(try peer.packet(within: .milliseconds(500)))
            for _ in 1...3 { wire.append(try peer.packet()) }
            while try peer.packet() != nil {}
        }
        let bench = try await HostBench(
            "\"Root\": \"\", \"Plugins\": {\"gate\": {\"closed\": true}}", ports: [broker.port])
        let gate = try #require(bench.plugin("gate", Gate.self))
        try await eventually { wire.count == 1 }
        #expect(wire.all == [nil])
        #expect(gate.commits.all == [HostBench.name(broker.port)])
        #expect(gate.handled.count == 0)
        gate.open()
        try await eventually("the acknowledgements") { wire.count == 4 }
        #expect(wire.all[1...].map { $0 } == (1...3).map { [0x40, 2, 0, $0] })
        try await eventually { gate.handled.all == ["1", "2", "3"] }
        try await bench.stop()
    }

    @Test func refusedCommitHasTheBrokerSendAgain() async throws {
        let broker = try await BrokerFixture()
        let bench = try await HostBench("\"Plugins\": {\"gate\": {\"refusals\": 1}}", ports: [broker.port])
        let gate = try #require(bench.plugin("gate", Gate.self))
        let listener = try await Listener(broker.port)
        listener.publish("task", to: "gate")
        try await eventually { gate.handled.count > 0 }
        #expect(gate.admitted.all.map(\.first) == ["task", "task"])
        #expect(gate.commits.count == 2)
        #expect(gate.handled.all == ["task"])
        let acknowledgement = "Received PUBACK from recoverd-agent-web01"
        try await eventually { broker.log.contains(acknowledgement) }
        #expect(broker.log.split(separator: "\n").count { $0.contains(acknowledgement) } == 1)
        await listener.stop()
        try await bench.stop()
    }

    @Test func completionComesWithTheAcknowledgementAndNotBefore() async throws {
        let published = Collected<[UInt8]>()
        let mayAnswer = Completion()
        let broker = try FakeBroker { peer in
            let isVersion5 = try peer.accept()
            try peer.answerSubscribe(1, isVersion5: isVersion5)
            guard let packet = try peer.packet() else { return }
            published.append(packet)
            while !mayAnswer.isFinished { _ = try peer.packet(within: .milliseconds(5)) }
            // The topic's length is at 2, the identifier behind the topic.
            let place = 4 + Int(packet[3])
            try peer.send([0x40, 2, packet[place], packet[place + 1]])
            while try peer.packet() != nil {}
        }
        let bench = try await HostBench(
            "\"Root\": \"\", \"Plugins\": {\"gate\": {}}", ports: [broker.port],
            budget: StopBudget(flushing: .milliseconds(100)))
        let (first, second) = (bench.publish("1"), bench.publish("2"))
        try await eventually { published.count == 1 }
        #expect(first.count == 0)
        mayAnswer.finish()
        try await eventually { first.all == [true] }
        // Nobody answers the second one.
        #expect(second.count == 0)
        try await bench.stop()
        #expect(second.all == [false])
        #expect(bench.publish("3").all == [false])
        #expect(first.all == [true])
    }

    @Test func everyCompletionIsCalledOnceWhateverHappens() async throws {
        let router = MessageRouter(logger: Fixture().log.logger())
        let options = [1, 2].map { port in
            var options = MQTTOptions(address: BrokerAddress(host: "127.0.0.1", port: port), clientID: "nobody")
            options.outboxCount = 1
            return options
        }
        // Ports at which nobody listens, and room for one message at each.
        let brokers = Brokers(options, router: router, pulses: PulseBoard(), logger: Fixture().log.logger())
        brokers.start()
        let outcomes = (0..<6).map { _ in Collected<Bool>() }
        for (number, outcome) in outcomes.enumerated() {
            let broker = number.isMultiple(of: 2) ? nil : "127.0.0.1:1"
            brokers.publish(MQTTMessage(topic: "t", payload: [], broker: broker)) { outcome.append($0) }
        }
        #expect(outcomes.map(\.all) == [[]] + Array(repeating: [false], count: 5))
        await brokers.stop(farewell: nil, deadline: .zero)
        #expect(outcomes.map(\.all) == Array(repeating: [false], count: 6))
    }
}
