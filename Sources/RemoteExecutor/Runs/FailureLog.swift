/// Which of many failures of the same thing are worth a line: the first, each that is not like the one before, and of the
/// others ever fewer.
struct FailureLog {
    private var last: String?
    private var next: Duration = .zero
    private var pause: Duration = Self.firstPause
    private var suppressed = 0

    /// Between the first line and the second; each further pause is twice as long as the one before.
    private static let firstPause: Duration = .seconds(10)
    /// Often enough for whoever looks at the log of an hour.
    private static let longestPause: Duration = .seconds(600)

    /// Asks for a line.
    ///
    /// - Parameters:
    ///   - failure: What failed, in the words of the line.
    ///   - uptime: What the clock says now.
    /// - Returns: How many lines were held back since the last one, or `nil` when this one is to be held back too.
    mutating func pass(_ failure: String, at uptime: Duration) -> Int? {
        if failure == last, uptime < next {
            suppressed += 1
            return nil
        }
        pause = failure == last ? min(pause * 2, Self.longestPause) : Self.firstPause
        (last, next) = (failure, uptime + pause)
        defer { suppressed = 0 }
        return suppressed
    }

    /// It does not fail any more.
    ///
    /// - Returns: Whether that is news, because a line said that it does.
    mutating func end() -> Bool {
        defer { self = FailureLog() }
        return last != nil
    }
}
