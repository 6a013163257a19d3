import Glibc
import MQTT
import TestSupport
import Testing

@Suite(.crowd)
struct ReconnectTests {
    @Test func killedBrokerIsFoundAgainAndNothingIsForgotten() async throws {
        let broker = try await BrokerFixture()
        try await Harness.run(.test(broker.port)) { harness in
            try await harness.subscribe("t")
            harness.client.announce(topic: "online", payload: Array("1".utf8))
            broker.kill()
            try await eventually("the loss is noticed") { !harness.client.statistics.isConnected }
            for number in 1...200 { harness.publish("t", "\(number)") }
            try await broker.start()
            try await eventually("all are there") { harness.messages.count >= 200 && harness.outcomes.count == 200 }
            #expect(harness.texts == (1...200).map(String.init))
            #expect(harness.client.statistics.reconnects == 1)
            let online = try await retained("online", broker)
            #expect(online == "1")
        }
    }

    @Test func messageThatIsLeftComesAgainInOrder() async throws {
        let broker = try await BrokerFixture()
        let calls = Shared(0)
        let isThird: @Sendable (ReceivedMessage) -> MessageVerdict = { _ in calls.increment() == 2 ? .leave : .take }
        try await Harness.run(.test(broker.port), onMessage: isThird) { harness in
            try await harness.subscribe("t")
            try await Harness.run(.test(broker.port)) { sender in
                for number in 1...5 { sender.publish("t", "\(number)") }
                try await eventually("sent") { sender.outcomes.count == 5 }
            }
            try await eventually("all are there") { harness.texts.last == "5" }
            #expect(harness.texts.filter { $0 == "3" }.count == 2)
            // What was taken in the same turn is not acknowledged either, so it may come twice; nothing is skipped.
            #expect(harness.texts.suffix(3) == ["3", "4", "5"])
            try await eventually("counted") { harness.client.statistics.left == 1 }
            #expect(harness.connections.count == 2)
        }
    }

    @Test func batchThatCannotBeCommittedComesAgain() async throws {
        let broker = try await BrokerFixture()
        let commits = Shared(0)
        let commit: @Sendable () -> MessageVerdict = { commits.increment() == 0 ? .leave : .take }
        try await Harness.run(.test(broker.port), onBatch: commit) { harness in
            try await harness.subscribe("t")
            try await Harness.run(.test(broker.port)) { sender in
                sender.publish("t", "1")
                try await eventually("sent") { sender.outcomes.count == 1 }
            }
            try await eventually("it came twice") { harness.texts == ["1", "1"] }
        }
    }

    @Test func silentBrokerIsGivenUpAfterTwiceTheKeepAlive() async throws {
        let broker = try await BrokerFixture()
        var options = MQTTOptions.test(broker.port)
        options.keepAlive = .seconds(5)
        try await Harness.run(options) { harness in
            try await harness.connected()
            broker.suspend()
            try await eventually("the silence is noticed") { !harness.client.statistics.isConnected }
            let reasons = harness.events.all.compactMap {
                if case .disconnected(let error) = $0 { error?.code } else { nil }
            }
            #expect(reasons == [.timedOut])
            broker.resume()
            try await harness.connected(times: 2)
        }
    }

    @Test("F-24: a second client with our identifier is not fought for ever")
    func secondClientWithOurIdentifierIsNotFoughtForEver() async throws {
        let broker = try await BrokerFixture()
        let options = MQTTOptions.test(broker.port)
        try await Harness.run(options) { first in
            try await Harness.run(options) { second in
                try await eventually("one of them yields") {
                    (first.events.all + second.events.all).contains { event in
                        if case .takeOverSuspected(let wait) = event { wait >= .seconds(60) } else { false }
                    }
                }
            }
        }
    }

    @Test func moreThanAThousandDescriptorsDoNotMatter() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 4096))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let broker = try await BrokerFixture()
        let descriptors = (0..<1100).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
        defer { for descriptor in descriptors { close(descriptor) } }
        try #require(descriptors.last ?? 0 >= 1024)
        try await Harness.run(.test(broker.port)) { harness in
            try await harness.subscribe("t")
            harness.publish("t", "far up")
            try await eventually("it is there") { harness.texts == ["far up"] }
        }
    }

    @Test func firstFailureIsTheLastWhereThatIsAskedFor() async throws {
        var options = MQTTOptions.test(try LoopbackPort.free())
        options.isSingleAttempt = true
        try await Harness.run(options) { harness in
            try await eventually("it failed") { !harness.failures.isEmpty }
            #expect(harness.failures.map(\.code) == [.unreachable])
            #expect(harness.events.all == [.connectFailed(harness.failures[0], retryIn: nil)])
        }
    }

    private func retained(_ topic: String, _ broker: BrokerFixture) async throws -> String? {
        let messages = Collected<ReceivedMessage>()
        try await Harness.run(
            .test(broker.port),
            onMessage: {
                messages.append($0); return .take
            }
        ) { harness in
            try await harness.subscribe(topic)
            try await eventually("the retained message is there") { !messages.all.isEmpty }
        }
        #expect(messages.all.allSatisfy { $0.isRetained })
        return messages.all.first.map { String(decoding: $0.payload, as: UTF8.self) }
    }
}
