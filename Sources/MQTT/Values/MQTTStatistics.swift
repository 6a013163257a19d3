/// Counters of a client since it was made, and its present state.
public struct MQTTStatistics: Sendable, Hashable {
    /// Whether a connection is accepted at this moment.
    public internal(set) var isConnected = false
    /// Accepted connections, the first included.
    public internal(set) var connections = 0
    /// Of these, those after the first.
    public internal(set) var reconnects = 0
    /// Why the last attempt failed; `nil` after one that did not.
    public internal(set) var connectError: String?
    /// Attempts that failed.
    public internal(set) var connectFailures = 0
    /// Messages received.
    public internal(set) var received = 0
    /// Of these, retained ones.
    public internal(set) var receivedRetained = 0
    /// Messages left with the broker (``MessageVerdict/leave``).
    public internal(set) var left = 0
    /// Messages given to the library, repetitions included.
    public internal(set) var published = 0
    /// Messages that the broker acknowledged, with whatever reason.
    public internal(set) var acknowledged = 0
    /// Messages not accepted because the outbox was full.
    public internal(set) var dropped = 0
    /// Messages refused because they can never be sent.
    public internal(set) var refused = 0
    /// Subscriptions that the broker refused.
    public internal(set) var subscriptionsRefused = 0
    /// Messages accepted and not yet finished.
    public internal(set) var outboxCount = 0
    /// Their size in bytes.
    public internal(set) var outboxBytes = 0

    /// Nothing yet.
    public init() {}

    /// What several clients have together; connected where one of them is.
    public static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.isConnected = left.isConnected || right.isConnected
        for count in counts { sum[keyPath: count] += right[keyPath: count] }
        return sum
    }

    private static var counts: [WritableKeyPath<Self, Int>] {
        [
            \.connections, \.reconnects, \.connectFailures, \.received, \.receivedRetained, \.left, \.published,
            \.acknowledged,
            \.dropped, \.refused, \.subscriptionsRefused, \.outboxCount, \.outboxBytes,
        ]
    }
}
