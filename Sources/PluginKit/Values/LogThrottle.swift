/// Lets one log line pass a second and counts the others, so that a flood of events is no flood of lines.
public struct LogThrottle: Sendable {
    private var next: Duration?
    private var suppressed = 0

    /// A throttle that lets the first line pass.
    public init() {}

    /// Asks for one line.
    ///
    /// - Parameter uptime: What the clock says now.
    /// - Returns: How many lines were held back since the last one, or `nil` when this one is to be held back too.
    public mutating func pass(at uptime: Duration) -> Int? {
        if let next, uptime < next {
            suppressed += 1
            return nil
        }
        next = uptime + .seconds(1)
        defer { suppressed = 0 }
        return suppressed
    }
}
