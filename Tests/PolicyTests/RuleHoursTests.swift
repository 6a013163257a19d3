import CommandCatalog
import TestSupport
import Testing

@testable import Policy

/// When a rule holds.
@Suite struct RuleHoursTests {
    private static let rest = #""who":"*","service":"*","command":"*""#

    @Test(arguments: [
        // 2026-11-23 is a Monday.
        (#"{"days":["mon"]}"#, "2026-11-23T00:00:00Z", true), (#"{"days":["mon"]}"#, "2026-11-23T23:59:59Z", true),
        (#"{"days":["mon"]}"#, "2026-11-24T00:00:00Z", false), (#"{"days":["mon"]}"#, "2026-11-22T23:59:59Z", false),
        (#"{"days":["sun","sat"]}"#, "2026-11-22T12:00:00Z", true),
        (#"{"days":["thu"]}"#, "1970-01-01T00:00:00Z", true), (#"{"days":["wed"]}"#, "1969-12-31T23:59:59Z", true),
        (#"{"from":"08:00","to":"18:00"}"#, "2026-11-23T08:00:00Z", true),
        (#"{"from":"08:00","to":"18:00"}"#, "2026-11-23T07:59:59.999999999Z", false),
        (#"{"from":"08:00","to":"18:00"}"#, "2026-11-23T17:59:59.999999999Z", true),
        (#"{"from":"08:00","to":"18:00"}"#, "2026-11-23T18:00:00Z", false),
        (#"{"from":"08:00","to":"18:00"}"#, "2026-11-23T09:30:00+02:00", false),
        (#"{"from":"22:00"}"#, "2026-11-23T23:59:00Z", true), (#"{"from":"22:00"}"#, "2026-11-23T00:00:00Z", false),
        (#"{"to":"06:00"}"#, "2026-11-23T05:59:00Z", true), (#"{"to":"24:00"}"#, "2026-11-23T23:59:59Z", true),
        // The night of Friday ends on Saturday.
        (#"{"days":["fri"],"from":"22:00","to":"06:00"}"#, "2026-11-27T22:00:00Z", true),
        (#"{"days":["fri"],"from":"22:00","to":"06:00"}"#, "2026-11-28T05:59:00Z", true),
        (#"{"days":["fri"],"from":"22:00","to":"06:00"}"#, "2026-11-28T06:00:00Z", false),
        (#"{"days":["fri"],"from":"22:00","to":"06:00"}"#, "2026-11-27T05:00:00Z", false),
        (#"{"days":["sun"],"from":"22:00","to":"06:00"}"#, "2026-11-23T05:00:00Z", true),
        (#"{"not_before":"2026-11-23T08:00:00Z"}"#, "2026-11-23T08:00:00Z", true),
        (#"{"not_before":"2026-11-23T08:00:00Z"}"#, "2026-11-23T07:59:59Z", false),
        (#"{"not_after":"2027-01-01T00:00:00Z"}"#, "2026-12-31T23:59:59Z", true),
        (#"{"not_after":"2027-01-01T00:00:00Z"}"#, "2027-01-01T00:00:00Z", false),
    ])
    func ruleHoldsInItsHours(when: String, time: String, holds: Bool) throws {
        let policy = try PolicyText.rules(#"{"action":"allow",\#(Self.rest),"when":\#(when)}"#)
        let now = try #require(Timestamp(rfc3339: time))
        #expect(try policy.verdict(on: .of(at: now)).isAllowed == holds)
    }

    /// Without a clock to be trusted nothing is allowed by its hours, and everything is denied by them.
    @Test func aClockThatCannotBeTrustedOpensNothing() throws {
        let policy = try PolicyText.rules(
            #"{"action":"allow",\#(Self.rest),"when":{"from":"00:01"}}"#,
            #"{"action":"deny","who":"ops","service":"web","command":"*","when":{"days":["sun"]}}"#,
            #"{"action":"allow",\#(Self.rest)}"#)
        #expect(try policy.verdict(on: .of(at: nil)).rule == 2)
        #expect(try policy.verdict(on: .of(.command, "db", at: nil)).rule == 3)
        #expect(
            try policy.explanation(of: .of(at: nil))[0].obstacle == "when: the host's clock cannot be trusted")
    }

    @Test(arguments: SeededGenerator.seeds)
    func minutesOfAnyTimeAreThoseThatItsTextSays(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        // No later time has one a week behind it.
        let last = Int64.max - 7 * 86_400_000_000_000
        for _ in 0..<500 {
            let time = Timestamp(nanoseconds: Int64.random(in: -4_000_000_000_000_000_000...last, using: &chance))
            let text = time.description
            #expect("\(WeekTime(time))".hasSuffix(" " + text.dropFirst(text.utf8.count - 9).prefix(5)))
            #expect(WeekTime(time + .seconds(86_400 * 7)) == WeekTime(time))
            #expect(WeekTime(time + .seconds(86_400)).day == (WeekTime(time).day + 1) % 7)
        }
    }

    @Test(arguments: ["8:00", "24:01", "25:00", "08:60", "08.00", "", "08:00 ", "-1:00", "０8:00"])
    func otherTextIsNoTimeOfDay(text: String) {
        #expect(WeekTime.minute(text) == nil)
    }
}
