import Glibc
import JSON
import MQTT
import Signatures
import TestSupport
import Testing

/// `recoverctl hosts trust` with a real broker.
@Suite(.crowd)
struct RecoverctlTrustTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func publish(_ statuses: [(String, JSONObject)], to broker: BrokerFixture) async throws {
        try await Sender.with(broker) { sender in
            let before = broker.log.split(separator: "Sending PUBACK").count
            for (host, status) in statuses {
                sender.publish(JSONValue.object(status).bytes, to: "recovery/\(host)/status", retain: true)
            }
            try await eventually("all are kept") {
                broker.log.split(separator: "Sending PUBACK").count >= before + statuses.count
            }
        }
    }

    private func trust(_ broker: BrokerFixture, _ arguments: String...) throws -> Ended {
        try Ended.running(
            [Programs.recoverctl, "hosts", "trust", "--expect", directory.path("expected")] + arguments,
            environment: ["RECOVERD_HOST": "127.0.0.1:\(broker.port)", "XDG_CONFIG_HOME": directory.path("config")])
    }

    private var known: JSONObject? {
        let text = try? directory.text(of: "config/recoverd/known-hosts.json")
        return text.flatMap { try? JSONText(Array($0.utf8)).value.object }
    }

    @Test func keysAreTakenOnceAndAnotherOneIsAnAlarm() async throws {
        let broker = try await BrokerFixture()
        let keys = (0..<3).map { _ in JSONValue.string("\(SigningKey.random().verificationKey)") }
        try directory.write("web01\nweb02 # old\n", to: "expected")
        try await publish(
            [("web01", ["key": keys[0]]), ("web02", ["key": keys[1]]), ("stranger", ["key": keys[2]])], to: broker)
        let first = try trust(broker)
        #expect(first.status == 0, "\(first)")
        #expect(first.output.hasSuffix("2 hosts: 0 known, 2 pinned\n"))
        #expect(known == ["web01": keys[0], "web02": keys[1]])
        // Another key, one that is gone, and a host that never was.
        try directory.write("web01\nweb02\ndb01\n", to: "expected")
        try await publish([("web01", ["key": keys[2]]), ("web02", ["v": 1])], to: broker)
        let second = try trust(broker, "--json")
        #expect(second.status == 2)
        let document = try #require(JSONText(Array(second.output.utf8)).value.object)
        let hosts = try #require(document["hosts"]?.array).compactMap(\.object)
        #expect(hosts.map { $0["host"] } == ["web01", "db01", "web02"])
        #expect(hosts.map { $0["state"] } == ["changed", "missing", "no-key"])
        #expect(hosts[0]["known_key"] == keys[0] && hosts[0]["key"] == keys[2])
        #expect(known == ["web01": keys[0], "web02": keys[1]])
        #expect(try trust(broker, "--replace", "web03").status == 64)
        try directory.write("web01\n", to: "expected")
        #expect(try trust(broker, "--replace", "web01").status == 0)
        #expect(known == ["web01": keys[2], "web02": keys[1]])
    }

    @Test func brokenFileOfKnownHostsStays() async throws {
        let broker = try await BrokerFixture()
        try directory.write("web01\n", to: "expected")
        let file = try directory.write("{\"web01\": \"\"}", to: "known.json")
        let ended = try trust(broker, "--known", file)
        #expect(ended.status == 78)
        #expect(ended.errors.contains("known.json:1:"))
        #expect(try directory.text(of: "known.json") == "{\"web01\": \"\"}")
    }
}
