import CommandCatalog
import JSON
import Testing

/// When a task comes too late (M08, M40, M41, M53).
struct TimeWindowTests {
    private static let now = Timestamp(seconds: 1_606_351_279)

    /// A task that was made, and that expires, so many seconds from now.
    private static func task(made: Int64? = 0, expires: Int64? = nil, text: String? = nil) throws -> TaskMessage {
        var object: JSONObject = ["task_id": 1, "service": "s", "command": "c"]
        object["timestamp"] = made.map { .string((now + .seconds($0)).description) }
        if let text { object["timestamp"] = .string(text) }
        object["expires"] = expires.map { .string((now + .seconds($0)).description) }
        return try TaskMessage(JSONValue.object(object).bytes)
    }

    private static func reason(_ task: TaskMessage, isRequired: Bool, isSuspect: Bool = false) -> ResultReason? {
        TimeWindow(isRequired: isRequired).objection(to: task, now: now, isClockSuspect: isSuspect)?.reason
    }

    @Test(
        "M40, M41: age counts where it is required",
        arguments: [(-299, nil), (-300, nil), (-301, .expired), (0, nil), (59, nil), (60, nil), (61, .expired)]
            as [(Int64, ResultReason?)])
    func ageCountsWhereItIsRequired(_ made: Int64, _ expected: ResultReason?) throws {
        #expect(try Self.reason(Self.task(made: made), isRequired: true) == expected)
        #expect(try Self.reason(Self.task(made: made), isRequired: false) == nil)
    }

    @Test(
        "M37, M40: far or unreadable time is too late where it is required",
        arguments: ["1970-01-01T00:00:00Z", "2038-01-19T03:14:08Z", "", "now", "2020-11-26", "2261-12-31T23:59:59Z"])
    func farOrUnreadableTimeIsTooLateWhereItIsRequired(_ text: String) throws {
        #expect(try Self.reason(Self.task(text: text), isRequired: true) == .expired)
        #expect(try Self.reason(Self.task(text: text), isRequired: false) == nil)
    }

    @Test("M08: missing time is too late where it is required") func missingTimeIsTooLateWhereItIsRequired() throws {
        #expect(try Self.reason(Self.task(made: nil), isRequired: true) == .expired)
        #expect(try Self.reason(Self.task(made: nil), isRequired: false) == nil)
    }

    @Test("M40, M53: `expires` always counts", arguments: [true, false])
    func expiryAlwaysCounts(_ isRequired: Bool) throws {
        #expect(try Self.reason(Self.task(made: -10, expires: -1), isRequired: isRequired) == .expired)
        #expect(try Self.reason(Self.task(made: -10, expires: 0), isRequired: isRequired) == .expired)
        #expect(try Self.reason(Self.task(made: -10, expires: 1), isRequired: isRequired) == nil)
        #expect(try Self.reason(Self.task(made: 10, expires: 5), isRequired: isRequired) == .malformed)
        #expect(try Self.reason(Self.task(made: nil, expires: -1), isRequired: false) == .expired)
    }

    @Test func suspectClockCountsWhereTimeIsRequired() throws {
        #expect(try Self.reason(Self.task(), isRequired: true, isSuspect: true) == .clockSuspect)
        #expect(try Self.reason(Self.task(), isRequired: false, isSuspect: true) == nil)
    }

    @Test func objectionTellsTheTimeOfTheAgent() throws {
        let window = TimeWindow(isRequired: true)
        let late = try #require(window.objection(to: Self.task(made: -400), now: Self.now))
        #expect(late.code == .expired)
        #expect(
            late.message == "Not started: it was made at 2020-11-26T00:34:39Z, more than 5m ago; "
                + "this host's clock says 2020-11-26T00:41:19Z")
        let before = try #require(window.objection(to: Self.task(made: 9, expires: 4), now: Self.now))
        #expect(before.code == .malformed)
        #expect(
            before.message
                == "Malformed task: expires: 2020-11-26T00:41:23Z is before the timestamp 2020-11-26T00:41:28Z")
    }

    @Test(arguments: [(true, -100, 50), (true, -100, 500), (true, 0, nil), (false, 0, 50), (false, 0, nil)])
    func endIsWhereTheObjectionBegins(_ isRequired: Bool, _ made: Int64, _ expires: Int64?) throws {
        let window = TimeWindow(isRequired: isRequired)
        let task = try Self.task(made: made, expires: expires)
        guard let end = window.end(of: task) else {
            #expect(!isRequired && expires == nil)
            return
        }
        #expect(window.objection(to: task, now: end)?.code == .expired)
        #expect(window.objection(to: task, now: Timestamp(nanoseconds: end.nanoseconds - 1)) == nil)
    }
}
