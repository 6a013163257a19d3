import Synchronization

/// Lets through at most one line a second of what may happen thousands of times.
final class LogThrottle: Sendable {
    private let next = Mutex<ContinuousClock.Instant?>(nil)

    /// Whether a line may be written now.
    func permits(at now: ContinuousClock.Instant = .now) -> Bool {
        next.withLock { next in
            if let due = next, now < due { return false }
            next = now + .seconds(1)
            return true
        }
    }
}
