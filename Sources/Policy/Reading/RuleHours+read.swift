internal import CommandCatalog
internal import ConfigurationReader
internal import JSON

extension RuleHours {
    /// Reads the `when` of a rule; all in UTC.
    ///
    /// - `days` (array of `"mon"` to `"sun"`, every day): on which days it begins to hold.
    /// - `from` (`"HH:MM"`, `"00:00"`), `to` (`"HH:MM"`, `"24:00"`): the hours; over midnight where `to` comes before `from`.
    /// - `not_before`, `not_after` (RFC 3339): from this instant on; up to this instant.
    init(_ section: ConfigurationSection) {
        if let days = section.list("days", of: .weekday) {
            self.days = Set(days)
            if section["days"]?.array?.isEmpty == true { section.mistake("expected at least one day", at: "days") }
        }
        from = section.value("from", .minute(before: WeekTime.minutesOfDay), default: from)
        to = section.value("to", .minute(before: WeekTime.minutesOfDay + 1), default: to)
        notBefore = section.value("not_before", .instant)
        notAfter = section.value("not_after", .instant)
        if section.names().isEmpty { section.mistake("expected at least one of days, from, to, not_before, not_after") }
        if from == to { section.mistake("\"from\" and \"to\" are the same; leave both out for the whole day") }
        if let notBefore, let notAfter, notAfter <= notBefore {
            section.mistake("\"not_after\" is not behind \"not_before\"", at: "not_after")
        }
    }
}

extension ConfigurationValue where Value == Int {
    fileprivate static var weekday: Self { .choice(WeekTime.dayNames.enumerated().map { ($0.element, $0.offset) }) }

    fileprivate static func minute(before end: Int) -> Self {
        parsed("a time of day in UTC such as \"08:00\"") { text in
            WeekTime.minute(text).flatMap { $0 < end ? $0 : nil }
        }
    }
}

extension ConfigurationValue where Value == Timestamp {
    fileprivate static var instant: Self {
        parsed("a time such as \"2026-01-31T08:00:00Z\"") { Timestamp(rfc3339: $0) }
    }
}
