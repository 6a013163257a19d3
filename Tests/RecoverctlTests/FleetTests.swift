import CommandCatalog
import JSON
import MQTT
import Testing

@testable import recoverctl

/// Hosts from what the broker keeps.
@Suite struct FleetTests {
    private static func message(_ topic: String, _ payload: String) -> ReceivedMessage {
        ReceivedMessage(topic: topic, payload: Array(payload.utf8), isRetained: true)
    }

    private static func host(_ name: String) throws -> HostIdentity { try #require(HostIdentity(name)) }

    private static func fleet(_ messages: (String, String)...) -> Fleet {
        var fleet = Fleet(root: "a/b")
        for (topic, payload) in messages { fleet.take(message(topic, payload)) }
        return fleet
    }

    @Test(arguments: [
        ("a/b/web01/online", true), ("a/b/web01/status", true), ("a/b/web01/result", false), ("a/b/online", false),
        ("a/b/web01/x/online", false), ("c/web01/online", false), ("a/b/web.01/online", false),
    ])
    func topicsThatCount(topic: String, counts: Bool) {
        var fleet = Fleet(root: "a/b")
        let taken = fleet.take(Self.message(topic, "1"))
        #expect(taken == counts)
    }

    @Test func badHostsComeFirstAndAreNamed() throws {
        let fleet = Self.fleet(
            ("a/b/web02/online", "1"), ("a/b/web01/online", "1"), ("a/b/web03/online", "0"),
            ("a/b/web04/status", "{\"version\":\"0.1.0\"}"), ("a/b/web01/status", "{\"running\":2}"))
        let report = HostList(fleet, expected: try ["web01", "db02", "db01"].map(Self.host)).report
        #expect(report.table.rows.map { $0[0] } == ["db01", "db02", "web03", "web04", "web01", "web02"])
        #expect(report.table.rows.map { $0[1] } == ["missing", "missing", "dead", "unknown", "online", "online"])
        #expect(report.table.rows.first { $0[0] == "web01" }?[5] == "2")
        #expect(
            report.summary == "6 hosts: 2 online, 1 unknown (web04), 1 dead (web03), 2 missing (db01, db02)")
        #expect(report.status == .targetFailed)
    }

    @Test func onlyTheDeadAreShownAndAllAreCounted() {
        let fleet = Self.fleet(("a/b/web01/online", "1"), ("a/b/web02/online", "0"))
        let report = HostList(fleet, onlyDead: true).report
        #expect(report.table.rows.map { $0[0] } == ["web02"])
        #expect(report.summary == "2 hosts: 1 online, 1 dead (web02)")
    }

    @Test func forgottenHostIsGone() {
        let fleet = Self.fleet(("a/b/web01/online", "1"), ("a/b/web01/online", ""))
        #expect(HostList(fleet).report.status == .noTarget)
        #expect(HostList(fleet).report.summary == "0 hosts: 0 online")
    }

    @Test func allOnlineIsWell() {
        #expect(HostList(Self.fleet(("a/b/web01/online", "1"))).report.status == .allWell)
    }

    @Test func expectedHostsAreReadLineByLine() throws {
        let hosts = try ExpectedHosts.read("# all\nweb01\n\n  db01  # the old one\n", file: "f")
        #expect(hosts.map(\.description) == ["web01", "db01"])
        #expect(
            throws: Failure(.configuration, "f:2: expected the name of a host, found \"web.01\"")
        ) { _ = try ExpectedHosts.read("web01\nweb.01\n", file: "f") }
    }

    @Test(
        arguments: [
            ([.answered(.milliseconds(3))], .allWell, "1 host: 1 answered"),
            ([.answered(.zero), .waiting], .noAnswer, "2 hosts: 1 answered, 1 silent (h1)"),
            (
                [.noSubscriber, .failed(.malformed, "m")], .noAnswer,
                "2 hosts: 0 answered, 1 failed (h1), 1 silent (h0)"
            ),
            ([.answered(.zero), .failed(.malformed, "m")], .targetFailed, "2 hosts: 1 answered, 1 failed (h1)"),
            ([.denied("d"), .answered(.zero)], .refused, "2 hosts: 1 answered, 1 denied (h0)"),
        ] as [([PingBook.State], ProgramStatus, String)])
    func pingSaysWhoDidNot(states: [PingBook.State], status: ProgramStatus, summary: String) throws {
        let hosts = try states.indices.map { try Self.host("h\($0)") }
        var book = PingBook(hosts)
        for (host, state) in zip(hosts, states) { book.note(state, of: host) }
        #expect(book.report.summary == summary)
        #expect(book.report.status == status)
        #expect(book.isComplete == !states.contains(.waiting))
    }

    @Test func firstThatIsKnownOfAHostCounts() throws {
        let host = try Self.host("web01")
        var book = PingBook([host])
        book.note(.answered(.zero), of: host)
        book.note(.noSubscriber, of: host)
        #expect(book.states[host] == .answered(.zero))
    }
}
