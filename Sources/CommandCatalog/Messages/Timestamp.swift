internal import Glibc

/// An instant of wall-clock time, in nanoseconds since 1970-01-01T00:00:00Z (POSIX time: no leap seconds).
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Nanoseconds since the epoch; good until the year 2262.
    public let nanoseconds: Int64

    /// An instant.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// An instant given in whole seconds since the epoch.
    public init(seconds: Int64) {
        nanoseconds = seconds * 1_000_000_000
    }

    /// What the system's clock says now.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Seconds since the epoch, as metrics carry them.
    public var seconds: Double { Double(nanoseconds) / 1e9 }

    /// Whether the left one is earlier.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The instant this much later; at most the last one that can be counted, at least the first.
    public static func + (instant: Timestamp, duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (length, isLonger) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        let (sum, isOver) = instant.nanoseconds.addingReportingOverflow(length)
        guard isTooLong || isLonger || isOver else { return Timestamp(nanoseconds: sum) }
        return Timestamp(nanoseconds: duration < .zero ? .min : .max)
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with whole seconds: `2020-11-26T00:41:19Z`.
    public var description: String {
        // Downwards, so that a time before 1970 is not rounded into the future.
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        var seconds = time_t(rest < 0 ? whole - 1 : whole)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = "\(parts.tm_year + 1900)-\(Self.twoDigits(parts.tm_mon + 1))-\(Self.twoDigits(parts.tm_mday))"
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(Self.twoDigits).joined(separator: ":")
        return "\(date)T\(time)Z"
    }

    /// RFC 3339 in UTC with milliseconds: `2020-11-26T00:41:19.004Z`.
    public var textWithMilliseconds: String {
        let milliseconds = (nanoseconds % 1_000_000_000 + 1_000_000_000) % 1_000_000_000 / 1_000_000
        let digits = "\(1000 + milliseconds)".dropFirst()
        return "\(description.dropLast()).\(digits)Z"
    }

    private static func twoDigits(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
