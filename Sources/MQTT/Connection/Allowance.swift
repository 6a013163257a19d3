/// So many of something in a burst and so many a second in the long run.
struct Allowance: Sendable {
    private let burst: Double
    private let perSecond: Double
    private var left: Double
    private var last: ContinuousClock.Instant?

    /// A full allowance.
    init(burst: Int, perSecond: Int) {
        self.burst = Double(burst)
        self.perSecond = Double(perSecond)
        left = Double(burst)
    }

    /// Takes one, if one is left.
    mutating func take(at now: ContinuousClock.Instant) -> Bool {
        if let last { left = min(burst, left + (now - last) / .seconds(1) * perSecond) }
        last = now
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}
