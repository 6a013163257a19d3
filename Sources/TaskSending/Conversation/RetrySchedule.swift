/// When a task is sent again: after 2, 4, 8, 16, 30, 30 … seconds, each with full jitter, so that the senders that a
/// broker's restart cut off do not all come back at once.
struct RetrySchedule: Sendable {
    private static let longest: Int64 = 30
    private var bound: Int64 = 2
    private var generator: any RandomNumberGenerator & Sendable

    /// A schedule that begins.
    ///
    /// - Parameter generator: Where the chance comes from.
    init(using generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
        self.generator = generator
    }

    /// How long to wait this time: between nothing and the bound, which grows.
    mutating func next() -> Duration {
        defer { bound = min(bound * 2, Self.longest) }
        return .milliseconds(Int64.random(in: 0...bound * 1000, using: &generator))
    }

    /// Begins again, for another task.
    mutating func restart() { bound = 2 }
}
