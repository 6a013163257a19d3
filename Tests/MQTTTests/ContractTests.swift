import MQTT
import Synchronization
import TestSupport
import Testing

/// What we rely on in libmosquitto, told by the bytes on the wire.
@Suite(.crowd)
struct ContractTests {
    @Test("F-01: no acknowledgement leaves before its message is committed")
    func noAcknowledgementLeavesBeforeItsMessageIsCommitted() async throws {
        let (mayDecide, mayCommit) = (Shared(false), Shared(false))
        let wire = Collected<[UInt8]?>()
        let broker = try FakeBroker { peer in
            let isVersion5 = try peer.accept()
            let publishes = (1...3).flatMap { number in
                FakeBrokerPeer.publish("\(number)", to: "t", identifier: UInt16(number), isVersion5: isVersion5)
            }
            try peer.send(publishes)
            wire.append(try peer.packet(within: .milliseconds(300)))
            mayDecide.set(true)
            wire.append(try peer.packet(within: .milliseconds(300)))
            mayCommit.set(true)
            for _ in 1...3 { wire.append(try peer.packet()) }
            _ = try peer.packet()
        }
        let options = MQTTOptions.test(broker.port)
        try await Harness.run(
            options,
            onMessage: { _ in
                mayDecide.wait(); return .take
            },
            onBatch: {
                mayCommit.wait(); return .take
            }
        ) { harness in
            try await eventually("all is acknowledged") { wire.count == 5 }
            #expect(wire.all[0] == nil)
            #expect(wire.all[1] == nil)
            #expect(wire.all[2...].map { $0 } == (1...3).map { [0x40, 2, 0, $0] })
            #expect(harness.texts == ["1", "2", "3"])
        }
    }

    @Test func oneCommitServesAllMessagesThatCameTogether() async throws {
        let commits = Collected<Bool>()
        let broker = try FakeBroker { peer in
            let isVersion5 = try peer.accept()
            try peer.send(
                (1...20).flatMap { number in
                    FakeBrokerPeer.publish("\(number)", to: "t", identifier: UInt16(number), isVersion5: isVersion5)
                }
            )
            for _ in 1...20 { _ = try peer.packet() }
            _ = try peer.packet()
        }
        let commit: @Sendable () -> MessageVerdict = {
            commits.append(true); return .take
        }
        try await Harness.run(.test(broker.port), onBatch: commit) { harness in
            try await eventually("all are there") { harness.messages.count == 20 }
        }
        #expect((1...3).contains(commits.count))
    }

    @Test func commitFollowsAlsoAMessageThatIsLeft() async throws {
        let calls = Collected<String>()
        let broker = try FakeBroker { peer in
            let isVersion5 = try peer.accept()
            try peer.send(
                (1...3).flatMap { number in
                    FakeBrokerPeer.publish("\(number)", to: "t", identifier: UInt16(number), isVersion5: isVersion5)
                }
            )
            while try peer.packet() != nil {}
        }
        let options = MQTTOptions.test(broker.port)
        try await Harness.run(
            options,
            onMessage: { message in
                calls.append(String(decoding: message.payload, as: UTF8.self))
                return calls.count == 1 ? .leave : .take
            },
            onBatch: {
                calls.append("commit"); return .take
            }
        ) { harness in
            try await harness.connected(times: 2)
            try await eventually("all came again") { calls.all.suffix(4) == ["1", "2", "3", "commit"] }
            #expect(calls.all == ["1", "commit", "1", "2", "3", "commit"])
            #expect(harness.client.statistics.reconnects == 1)
        }
    }

    @Test("F-14: a lost session is subscribed anew, and nothing stale is delivered")
    func lostSessionIsSubscribedAnewAndNothingStaleIsDelivered() async throws {
        let broker = try FakeBroker { peer in
            let isVersion5 = try peer.accept()
            try peer.answerSubscribe(2, isVersion5: isVersion5)
            let text = peer.number == 0 ? "old" : "new"
            try peer.send(FakeBrokerPeer.publish(text, to: "t", qos: 2, identifier: 7, isVersion5: isVersion5))
            guard try peer.packet()?.prefix(4) == [0x50, 2, 0, 7], peer.number > 0 else { return }
            try peer.send([0x62, 2, 0, 7])
            _ = try peer.packet()
            _ = try peer.packet()
        }
        let harness = Harness(.test(broker.port))
        harness.client.subscribe(to: [MQTTSubscription("t", qos: .exactlyOnce)])
        harness.client.start()
        try await eventually("the new message is there") { !harness.messages.all.isEmpty }
        #expect(harness.texts == ["new"])
        #expect(harness.connections.count == 2)
        await harness.client.stop(deadline: .zero)
    }

    @Test("F-17: a connection that is cut after any byte delivers nothing half")
    func connectionCutAfterAnyByteDeliversNothingHalf() async throws {
        let whole =
            FakeBrokerPeer.connack(isVersion5: true) + FakeBrokerPeer.publish("whole", to: "a/b", isVersion5: true)
        for count in 1..<whole.count {
            let broker = try FakeBroker { peer in
                let isVersion5 = try peer.connect() == 5
                let bytes =
                    FakeBrokerPeer.connack(isVersion5: isVersion5)
                    + FakeBrokerPeer.publish("whole", to: "a/b", isVersion5: isVersion5)
                try peer.send(peer.number == 0 ? Array(bytes.prefix(count)) : bytes)
                if peer.number > 0 { while try peer.packet() != nil {} }
            }
            try await Harness.run(.test(broker.port)) { harness in
                try await eventually("the message is there, cut at \(count)") { !harness.messages.all.isEmpty }
                #expect(harness.texts == ["whole"])
                #expect(harness.messages.all.map(\.topic) == ["a/b"])
            }
        }
    }

    @Test func unacknowledgedMessagesAreSentAgainInOrder() async throws {
        let second = Collected<String>()
        let broker = try FakeBroker { peer in
            let isVersion5 = try peer.accept()
            for _ in 1...3 {
                // Nothing comes where the other side hangs up, as on a machine that is too busy for its deadlines.
                guard let packet = try peer.packet() else { return }
                guard peer.number > 0 else { continue }
                second.append(String(decoding: packet.suffix(1), as: UTF8.self))
                let identifier = Array(packet[(isVersion5 ? packet.count - 4 : packet.count - 3)...].prefix(2))
                try peer.send([0x40, 2] + identifier)
            }
            if peer.number > 0 { while try peer.packet() != nil {} }
        }
        try await Harness.run(.test(broker.port)) { harness in
            for number in 1...3 { harness.publish("t", "\(number)") }
            try await eventually("all are acknowledged") { harness.outcomes.count == 3 }
            #expect(second.all == ["1", "2", "3"])
            #expect(harness.outcomes.all.allSatisfy { $0 == .acknowledged(.success) })
            #expect(harness.client.statistics.published == 6)
        }
    }

    @Test func payloadOfNothingIsEmpty() async throws {
        let broker = try FakeBroker { peer in
            let isVersion5 = try peer.accept()
            try peer.send(FakeBrokerPeer.publish("", to: "t", isVersion5: isVersion5, isRetained: true))
            while try peer.packet() != nil {}
        }
        try await Harness.run(.test(broker.port)) { harness in
            try await eventually("it is there") { !harness.messages.all.isEmpty }
            #expect(harness.messages.all == [ReceivedMessage(topic: "t", payload: [], isRetained: true)])
        }
    }
}
