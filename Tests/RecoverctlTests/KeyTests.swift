import CommandCatalog
import JSON
import MQTT
import Signatures
import Testing

@testable import recoverctl

/// How keys are, for a person.
@Suite struct KeyStateTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let day: Int64 = 86_400

    private static func key(_ start: Int64?, _ end: Int64?, isRevoked: Bool = false) throws -> TrustedKey {
        TrustedKey(
            id: try #require(KeyID("ops")), key: SigningKey.random().verificationKey,
            notBefore: start.map { now + .seconds($0) }, notAfter: end.map { now + .seconds($0) },
            isRevoked: isRevoked)
    }

    @Test(
        arguments: [
            (nil, nil, .valid), (0, nil, .valid), (1, nil, .notYet), (nil, 0, .expired), (nil, -1, .expired),
            (nil, 1, .ending(days: 0)), (nil, 30 * day - 1, .ending(days: 29)), (nil, 30 * day, .valid),
            (1, 2, .notYet), (-2, -1, .expired), (nil, 9_000_000_000_000, .valid),
        ] as [(Int64?, Int64?, KeyState)])
    func stateFollowsFromTheTimes(start: Int64?, end: Int64?, state: KeyState) throws {
        #expect(KeyState(try Self.key(start, end), at: Self.now) == state)
        #expect(KeyState(try Self.key(start, end, isRevoked: true), at: Self.now) == .revoked)
    }

    @Test(arguments: [
        (KeyState.ending(days: 0), "ends in 0 days"), (.ending(days: 1), "ends in 1 day"), (.notYet, "not yet"),
        (.revoked, "revoked"),
    ])
    func stateInWords(state: KeyState, text: String) {
        #expect(state.text == text)
    }

    @Test func whatEndsSoonComesFirst() {
        let states: [KeyState] = [.ending(days: 1), .ending(days: 29), .notYet, .valid, .expired, .revoked]
        #expect(states.map(\.rank) == states.map(\.rank).sorted())
        #expect(Set(states.map(\.rank)).count == states.count)
    }
}

/// Instants as people type them.
@Suite struct MomentTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    @Test(arguments: [
        ("2d", 1_800_000_000 - 172_800), ("0s", 1_800_000_000), ("2026-11-21T08:00:00Z", 1_795_248_000),
    ])
    func pastIsBefore(text: String, seconds: Int64) throws {
        let instant = try Moment.past(text, of: "--since", before: Self.now)
        #expect(instant == Timestamp(seconds: seconds))
    }

    @Test func futureIsAhead() throws {
        let instant = try Moment.future("2d", of: "--not-after", after: Self.now)
        #expect(instant == Self.now + .seconds(172_800))
    }

    @Test(arguments: ["", "2", "yesterday", "-2d", "2026-11-21", "0s", "2026-11-21T08:00:00Z"])
    func whatIsNoFutureIsRefused(text: String) {
        #expect(throws: Failure.self) { _ = try Moment.future(text, of: "--not-after", after: Self.now) }
    }
}

/// What becomes of the keys that hosts tell.
@Suite struct HostKeysTests {
    private let old = SigningKey.random().verificationKey
    private let new = SigningKey.random().verificationKey

    private func hosts(_ names: String...) throws -> [HostIdentity] { try names.map { try #require(HostIdentity($0)) } }

    private func fleet(_ statuses: [(String, JSONObject)]) -> Fleet {
        var fleet = Fleet(root: "r")
        for (host, status) in statuses {
            fleet.take(
                ReceivedMessage(
                    topic: "r/\(host)/status", payload: JSONValue.object(status).bytes, isRetained: true))
        }
        return fleet
    }

    @Test func onlyWhoIsExpectedIsNotedAndNothingIsReplaced() throws {
        let all = try hosts("changed", "missing", "nokey", "text", "pinned", "known")
        let fleet = fleet([
            ("changed", ["key": .string("\(new)")]), ("nokey", ["v": 1]), ("text", ["key": "no key"]),
            ("pinned", ["key": .string("\(new)")]), ("known", ["key": .string("\(old)")]),
            ("stranger", ["key": .string("\(new)")]),
        ])
        var known = KnownHosts()
        known.replace(all[0], with: old)
        known.replace(all[5], with: old)
        let keys = HostKeys(all, fleet, replacing: [], in: &known, file: "f")
        #expect(
            keys.items.map(\.state) == [.changed(from: old), .missing, .noKey, .unreadable, .pinned, .known])
        #expect(known.keys == [all[0]: old, all[4]: new, all[5]: old])
        #expect(keys.report.status == .targetFailed)
        #expect(
            keys.report.summary
                == "6 hosts: 1 known, 1 pinned, 1 changed (changed), 1 missing (missing), 1 no-key (nokey), 1 unreadable (text)"
        )
        let again = HostKeys(all, fleet, replacing: [all[0]], in: &known, file: "f")
        #expect(again.items.contains { $0.state == .replaced(from: old) })
        #expect(known.keys[all[0]] == new)
    }

    @Test func allWellIsAllKnown() throws {
        let all = try hosts("a", "b")
        let fleet = fleet([("a", ["key": .string("\(new)")]), ("b", ["key": .string("\(old)")])])
        var known = KnownHosts()
        let first = HostKeys(all, fleet, replacing: [], in: &known, file: "f").report
        #expect(first.status == .allWell)
        #expect(first.summary == "2 hosts: 0 known, 2 pinned")
        #expect(HostKeys(all, fleet, replacing: [], in: &known, file: "f").report.summary == "2 hosts: 2 known")
        #expect(HostKeys([], fleet, replacing: [], in: &known, file: "f").report.status == .noTarget)
    }
}
