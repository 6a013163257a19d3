import MQTT
import TestSupport
import Testing

@Suite(.crowd)
struct RefusalTests {
    /// F-22: refused, told, tried again.
    @Test func wrongPasswordIsToldAndTheRightOneHelps() async throws {
        let broker = try await BrokerFixture(.init(users: ["agent": "right"]))
        var options = MQTTOptions.test(broker.port)
        options.username = "agent"
        options.password = "sesame-and-wrong"
        try await Harness.run(options) { harness in
            try await eventually("it is refused twice") { harness.failures.count >= 2 }
            #expect(harness.failures.allSatisfy { $0.code == .notAuthorized })
            #expect(!harness.events.all.contains { "\($0)".contains("sesame") })
            var right = options
            right.password = "right"
            harness.client.reconfigure(right)
            try await harness.connected()
        }
    }

    @Test(arguments: [true, false])
    func refusedSubscriptionIsTold(isVersion5: Bool) async throws {
        let broker = try FakeBroker { peer in
            guard try (peer.connect() == 5) == isVersion5 else { return }
            try peer.send(FakeBrokerPeer.connack(isVersion5: isVersion5))
            try peer.answerSubscribe(isVersion5 ? 0x87 : 0x80, isVersion5: isVersion5)
            while try peer.packet() != nil {}
        }
        try await Harness.run(.test(broker.port)) { harness in
            harness.client.subscribe(to: [MQTTSubscription("secret")])
            let reason = MQTTReason(rawValue: isVersion5 ? 0x87 : 0x80)
            try await eventually("it is told") {
                harness.events.all.contains(.subscriptionRefused(MQTTSubscription("secret"), reason))
            }
            #expect(harness.client.statistics.subscriptionsRefused == 1)
        }
    }

    @Test func reasonOfTheBrokerReachesThePublisher() async throws {
        let broker = try await BrokerFixture(.init(accessList: ["topic readwrite open/#"]))
        try await Harness.run(.test(broker.port)) { harness in
            harness.publish("closed", "x")
            harness.publish("open/nobody", "x")
            try await eventually("both are answered") { harness.outcomes.count == 2 }
            #expect(harness.outcomes.all == [.acknowledged(.notAuthorized), .acknowledged(.noMatchingSubscribers)])
        }
    }

    @Test(arguments: ["a/+", "#", "", "a\u{0}b"])
    func topicThatIsNoneIsRefused(topic: String) async throws {
        let broker = try await BrokerFixture()
        try await Harness.run(.test(broker.port)) { harness in
            harness.publish(topic, "x")
            harness.publish("good", "x")
            try await eventually("both are done") { harness.outcomes.count == 2 }
            #expect(harness.outcomes.all.map(\.isSuccess) == [false, true])
            #expect(harness.client.statistics.refused == 1)
        }
    }

    @Test func outboxHasAnEnd() async throws {
        var options = MQTTOptions.test(try LoopbackPort.free())
        options.outboxCount = 3
        let harness = Harness(options)
        harness.client.start()
        for number in 1...5 { harness.publish("t", "\(number)") }
        #expect(harness.outcomes.all == [.dropped, .dropped])
        #expect(harness.client.statistics.dropped == 2)
        #expect(harness.client.statistics.outboxCount == 3)
        await harness.client.stop(deadline: .milliseconds(50))
        #expect(harness.outcomes.all == [.dropped, .dropped, .abandoned, .abandoned, .abandoned])
        #expect(harness.client.statistics.outboxBytes == 0)
    }

    @Test func stopWaitsForWhatIsStillToBeSent() async throws {
        let broker = try await BrokerFixture()
        let harness = Harness(.test(broker.port))
        for number in 1...500 { harness.publish("t", "\(number)") }
        harness.client.announce(topic: "online", payload: Array("0".utf8))
        harness.client.start()
        await harness.client.stop(deadline: .seconds(30))
        #expect(harness.outcomes.count == 500)
        #expect(harness.outcomes.all.allSatisfy { $0.isSuccess })
        #expect(harness.client.statistics.published == 501)
        try await eventually("the broker heard the goodbye") { broker.log.contains("Received DISCONNECT") }
    }

    @Test func farewellsJustBeforeTheStopAreStillSent() async throws {
        let broker = try await BrokerFixture()
        for _ in 1...10 {
            let harness = Harness(.test(broker.port))
            harness.client.start()
            try await harness.connected()
            harness.publish("t", "bye")
            harness.client.announce(topic: "online", payload: Array("0".utf8))
            await harness.client.stop(deadline: .seconds(30))
            #expect(harness.outcomes.all.map(\.isSuccess) == [true])
            #expect(harness.client.statistics.published == 2)
        }
    }

    @Test func stopWaitsAlsoWhenItsTaskIsCancelled() async throws {
        let broker = try await BrokerFixture()
        let harness = Harness(.test(broker.port))
        harness.client.start()
        try await harness.connected()
        harness.publish("t", "bye")
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            await harness.client.stop(deadline: .seconds(30))
            return harness.outcomes.count
        }
        task.cancel()
        #expect(await task.value == 1)
    }

    @Test(arguments: [true, false]) func afterTheStopNothingIsAccepted(isStarted: Bool) async throws {
        let broker = try await BrokerFixture()
        let harness = Harness(.test(broker.port))
        if isStarted {
            harness.client.start()
            try await harness.connected()
        }
        harness.publish("t", "before")
        await harness.client.stop(deadline: isStarted ? .seconds(30) : .zero)
        harness.publish("t", "after")
        #expect(harness.outcomes.all.map(\.isSuccess) == [isStarted, false])
        #expect(harness.outcomes.all.last == .abandoned)
        #expect(harness.client.statistics.outboxCount == 0)
    }

    @Test func lastWillIsPublishedWhenWeVanishAndNotWhenWeStop() async throws {
        let broker = try await BrokerFixture()
        try await Harness.run(.test(broker.port)) { watcher in
            try await watcher.subscribe("online/+")
            var options = MQTTOptions.test(broker.port)
            options.lastWill = OutgoingMessage(topic: "online/stopped", payload: Array("0".utf8), retain: true)
            try await Harness.run(options) { try await $0.connected() }
            options.clientID += "-2"
            options.lastWill?.topic = "online/left"
            try await Harness.run(options, onMessage: { _ in .leave }) { harness in
                try await harness.subscribe("poison")
                watcher.publish("poison", "x")
                try await eventually("the will is there") { !watcher.messages.all.isEmpty }
            }
            #expect(Set(watcher.messages.all.map(\.topic)) == ["online/left"])
        }
    }
}
