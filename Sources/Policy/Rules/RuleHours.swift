internal import CommandCatalog

/// A minute of a week, in UTC.
struct WeekTime: Sendable, Equatable, CustomStringConvertible {
    /// 0 is Monday.
    let day: Int
    /// Of the day, from 0.
    let minute: Int

    static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    static let minutesOfDay = 1440

    init(_ time: Timestamp) {
        // Downwards, for times before 1970; its first day was a Thursday.
        let minutes = Self.floored(Int(time.nanoseconds), 60_000_000_000).0
        let (days, rest) = Self.floored(minutes, Self.minutesOfDay)
        day = Self.floored(days + 3, 7).1
        minute = rest
    }

    private static func floored(_ number: Int, _ divisor: Int) -> (Int, Int) {
        let rest = (number % divisor + divisor) % divisor
        return (number / divisor - (number % divisor < 0 ? 1 : 0), rest)
    }

    /// `mon 08:05`.
    var description: String { "\(Self.dayNames[day]) \(Self.text(minute: minute))" }

    /// `08:05`.
    static func text(minute: Int) -> String {
        let (hours, minutes) = minute.quotientAndRemainder(dividingBy: 60)
        return "\(hours < 10 ? "0" : "")\(hours):\(minutes < 10 ? "0" : "")\(minutes)"
    }

    /// The minute of `HH:MM`, up to 24:00.
    static func minute(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
        let digits = [bytes[0], bytes[1], bytes[3], bytes[4]].map { Int($0) - Int(UInt8(ascii: "0")) }
        guard digits.allSatisfy((0...9).contains) else { return nil }
        let (hours, minutes) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard minutes < 60, hours * 60 + minutes <= minutesOfDay else { return nil }
        return hours * 60 + minutes
    }
}

/// When a rule holds, in UTC.
struct RuleHours: Sendable, Equatable {
    /// On which days it begins to hold; 0 is Monday.
    var days: Set<Int> = Set(0..<7)
    /// From this minute of the day on.
    var from = 0
    /// Up to this minute, which does not belong to it; before `from`: on the next day.
    var to = WeekTime.minutesOfDay
    /// Not before this instant.
    var notBefore: Timestamp?
    /// Not from this instant on.
    var notAfter: Timestamp?

    func contains(_ time: Timestamp) -> Bool {
        if let notBefore, time < notBefore { return false }
        if let notAfter, notAfter <= time { return false }
        let now = WeekTime(time)
        if from < to { return days.contains(now.day) && from <= now.minute && now.minute < to }
        // Over midnight: the night belongs to the day on which it began.
        let began = now.minute >= from ? now.day : (now.day + 6) % 7
        return (now.minute >= from || now.minute < to) && days.contains(began)
    }
}

extension RuleHours: CustomStringConvertible {
    /// `mon, tue 08:00 to 18:00, not before 2026-01-01T00:00:00Z`.
    var description: String {
        let names = days.count == 7 ? "every day" : days.sorted().map { WeekTime.dayNames[$0] }.joined(separator: ", ")
        var text = "\(names) \(WeekTime.text(minute: from)) to \(WeekTime.text(minute: to))"
        if let notBefore { text += ", not before \(notBefore)" }
        if let notAfter { text += ", before \(notAfter)" }
        return text
    }
}
