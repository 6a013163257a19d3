/// How long to wait before the next attempt: doubling, with full jitter, so that many who fell together do not rise
/// together.
public struct Backoff: Sendable {
    /// The first and the longest wait.
    public struct Limits: Sendable, Hashable {
        /// The wait before the first repetition is anything up to this.
        public var base: Duration
        /// No wait is longer.
        public var cap: Duration

        /// Takes both; the cap is never below the base.
        public init(base: Duration = .seconds(1), cap: Duration = .seconds(60)) {
            self.base = base
            self.cap = max(base, cap)
        }
    }

    private let limits: Limits
    private let random: @Sendable () -> Double
    private var failures = 0

    /// Makes a fresh ladder.
    ///
    /// - Parameters:
    ///   - limits: First and longest wait.
    ///   - random: A number from 0 up to, not including, 1.
    public init(limits: Limits = Limits(), random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }) {
        self.limits = limits
        self.random = random
    }

    /// The wait before the next attempt: anything from 0 to base, then to twice that, and so on up to the cap.
    public mutating func next() -> Duration {
        let ceiling = ceiling
        failures += 1
        return ceiling * random()
    }

    /// A wait in the upper half of the longest: for what only a person can mend.
    public mutating func nextSlow() -> Duration {
        failures += 1
        return limits.cap * (0.5 + random() / 2)
    }

    /// Begins anew after a success.
    public mutating func reset() { failures = 0 }

    /// The upper end of the next wait.
    private var ceiling: Duration {
        // 2^20 s are twelve days: beyond that only the cap can decide, and the shift stays far from overflow.
        min(limits.cap, limits.base * (1 << min(failures, 20)))
    }
}
