/// Lets something be said once in a while, and counts what was held back.
struct RateLimit: Sendable {
    private let interval: Duration
    private var nextAllowed: Duration?
    private var heldBack = 0

    init(every interval: Duration) {
        self.interval = interval
    }

    /// How many times it happened since it was last said, this time included; `nil` when it must not be said now.
    mutating func occurrences(now: Duration) -> Int? {
        heldBack += 1
        if let nextAllowed, now < nextAllowed { return nil }
        nextAllowed = now + interval
        defer { heldBack = 0 }
        return heldBack
    }
}
