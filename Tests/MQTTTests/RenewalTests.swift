import MQTT
import TestSupport
import Testing

/// A connection that is made anew on purpose loses nothing, in either direction.
@Suite(.crowd)
struct RenewalTests {
    @Test func renewalsUnderLoadLoseNothing() async throws {
        let authority = try TestAuthority()
        try authority.issue("client")
        let plain = try LoopbackPort.free()
        let broker = try await BrokerFixture(
            .init(
                authority: authority,
                lines: [
                    "cafile \(authority.caFile)", "require_certificate true", "max_queued_messages 0",
                    "listener \(plain) 127.0.0.1",
                ]))
        var options = MQTTOptions.test(broker.port, isTLS: true)
        options.tls = TLSOptions(
            caFile: authority.caFile, certificateFile: authority.certificate("client"),
            keyFile: authority.key("client"))
        try await Harness.run(options) { harness in
            try await harness.subscribe("in")
            try await Harness.run(.test(plain)) { peer in
                try await peer.subscribe("out")
                for round in 1...4 {
                    for number in 1...100 {
                        harness.publish("out", "\(round)-\(number)")
                        peer.publish("in", "\(round)-\(number)")
                        if number == 50 { harness.client.renew() }
                    }
                    try await harness.connected(times: round + 1)
                }
                try await eventually("all came") {
                    Set(harness.texts).count == 400 && Set(peer.texts).count == 400
                }
                try await eventually("all are answered") { harness.outcomes.count == 400 }
                #expect(harness.outcomes.all.allSatisfy { $0.isSuccess })
            }
            #expect(harness.failures.isEmpty)
            #expect(harness.client.statistics.reconnects == 4)
        }
    }

    @Test func renewalDoesNotCountAsAConnectionThatFailed() async throws {
        let broker = try await BrokerFixture()
        try await Harness.run(.test(broker.port)) { harness in
            for times in 1...10 {
                try await harness.connected(times: times)
                harness.client.renew()
            }
            try await harness.connected(times: 11)
            #expect(!harness.events.all.contains { if case .takeOverSuspected = $0 { true } else { false } })
        }
    }
}
