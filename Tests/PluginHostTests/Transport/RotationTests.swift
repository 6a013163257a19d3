import JSON
import MQTT
import PluginKit
import TestSupport
import Testing

@testable import PluginHost

/// Certificates change under a running host, at a broker that demands them.
@Suite(.crowd)
struct RotationTests {
    /// A broker that knows its clients by their certificates, with a second, plain door for a listener.
    private static func broker(_ authority: TestAuthority, plain: Int) async throws -> BrokerFixture {
        try await BrokerFixture(
            .init(
                authority: authority,
                lines: [
                    "cafile \(authority.caFile)", "require_certificate true", "use_identity_as_username true",
                    "listener \(plain) 127.0.0.1", "max_queued_messages 0", "max_inflight_messages 20",
                ]))
    }

    private static func members(_ authority: TestAuthority) -> String {
        """
        "Secure": true, "CAFile": "\(authority.directory.path)/ca.pem", "CertificateFile": "\(authority.directory.path)/%h.pem",
        "KeyFile": "\(authority.directory.path)/%h.key", "Plugins": {"probe": {}}
        """
    }

    @Test("F-20: a renewed certificate is used without a restart, and nothing is lost")
    func renewedCertificateIsUsedWithoutARestartAndNothingIsLost() async throws {
        let (authority, plain) = (try TestAuthority(), try LoopbackPort.free())
        try authority.issue("web01")
        let broker = try await Self.broker(authority, plain: plain)
        let bench = try await HostBench(Self.members(authority), ports: [broker.port])
        bench.host.brokers.subscribe(to: [.init("in/#")])
        let listener = try await Listener(plain)
        #expect(broker.log.contains("u'web01'"))
        var outcomes: [Collected<Bool>] = []
        for round in 1...3 {
            let before = bench.host.brokers.sum.connections
            // Another subject under the same file name, by which the broker tells the connections apart.
            try authority.issue("round\(round)")
            for kind in ["key", "pem"] {
                try authority.directory.write(
                    try authority.directory.text(of: "round\(round).\(kind)"), to: "web01.\(kind)")
            }
            var number = 0
            try await eventually("round \(round) is connected") {
                number += 1
                // A slow machine asks here often; so many are enough.
                if number <= 100 { outcomes.append(bench.publish("\(round)-\(number)")) }
                return bench.host.brokers.sum.connections > before && broker.log.contains("u'round\(round)'")
            }
        }
        try await eventually("every message is acknowledged") { outcomes.allSatisfy { $0.all == [true] } }
        try await eventually("and has come") { Set(listener.texts("out")).count == outcomes.count }
        #expect(bench.host.brokers.sum.dropped == 0)
        #expect(bench.host.status["certificate"]?.object?["subject"] == "CN=round3")
        await listener.stop()
        try await bench.stop()
    }

    @Test("F-20: broken files are told, and the connection stays") func brokenFilesAreToldAndTheConnectionStays()
        async throws
    {
        let (authority, plain) = (try TestAuthority(), try LoopbackPort.free())
        try authority.issue("web01")
        let broker = try await Self.broker(authority, plain: plain)
        let bench = try await HostBench(Self.members(authority), ports: [broker.port])
        let good = try authority.directory.text(of: "web01.pem")
        try authority.directory.write("nonsense", to: "web01.pem")
        try await eventually("the status tells it") {
            bench.host.status["certificate"]?.object?["error"] != nil
        }
        let outcome = bench.publish("still there")
        try await eventually("it is sent") { outcome.all == [true] }
        #expect(bench.host.brokers.sum.connections == 1)
        try authority.directory.write(good, to: "web01.pem")
        try await eventually("the status tells nothing") {
            bench.host.status["certificate"]?.object?["error"] == nil
        }
        #expect(bench.host.brokers.sum.connections == 1)
        try await bench.stop()
    }

    @Test func endThatIsNearIsANotificationAMetricAndAStatus() async throws {
        let (authority, plain) = (try TestAuthority(until: 20 * 86_400), try LoopbackPort.free())
        try authority.issue("web01", until: 3600)
        let broker = try await Self.broker(authority, plain: plain)
        let bench = try await HostBench(Self.members(authority), ports: [broker.port])
        let probe = try #require(bench.plugin("probe", Probe.self))
        func notifications() -> [String] { probe.handled.all.filter { $0.hasPrefix("notification ") } }
        try await eventually("both are told") { notifications().count == 2 }
        #expect(notifications()[0].hasPrefix("notification the certificate of CN=web01 ends at 2"))
        #expect(notifications()[1].hasPrefix("notification the certificate of CN=Test Authority ends at 2"))
        let metrics = bench.host.status["metrics"]?.object
        let left = CertificateRole.allCases.map { role in
            metrics?["recoverd-certificate/duration-\(role)"].flatMap { Double($0.text) } ?? 0
        }
        #expect((3000.0...3600).contains(left[0]) && (1_700_000...1_728_000).contains(left[1]), "\(left)")
        try authority.issue("web01")
        try authority.issue("web01", until: 90 * 86_400)
        try await eventually("the renewal is told") { notifications().count == 3 }
        #expect(notifications()[2].hasPrefix("notification the certificate of CN=web01 was renewed until 2"))
        try await bench.stop()
    }
}
