public import CommandCatalog

/// What time it is, and how to wait; tests bring their own.
public protocol AgentClock: Sendable {
    /// Wall-clock time, which may jump.
    var now: Timestamp { get }
    /// Time since some fixed moment, which never jumps.
    var uptime: Duration { get }
    /// Waits until ``uptime`` has come to this.
    ///
    /// - Throws: `CancellationError` when the waiting task is cancelled.
    func sleep(until uptime: Duration) async throws
}

extension AgentClock {
    /// Waits this long.
    ///
    /// - Throws: `CancellationError` when the waiting task is cancelled.
    public func sleep(for duration: Duration) async throws {
        try await sleep(until: uptime + duration)
    }
}
