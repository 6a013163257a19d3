internal import Synchronization

/// Says of a loop that it goes on: while one does not, the service manager is not told that the agent lives, and starts
/// it anew.
///
/// A loop with a thread of its own takes one of ``AgentServices/pulse(of:)``, and says before everything that may take
/// long when it will be heard of again at the latest. Of a loop that has let its pulse go nothing is expected any more. All
/// methods may be called on any thread, and cost less than a microsecond.
public final class Pulse: Sendable {
    /// The loop's name.
    public let name: String
    /// Nanoseconds since ``epoch``.
    private let deadline: Atomic<Int64>

    /// How long a loop may be silent that waits for nobody, or has nothing to do.
    public static let usual = Duration.seconds(30)
    /// How long it may be silent while it waits for a disk.
    public static let disk = Duration.seconds(60)
    /// The longest idle wait: whoever has nothing to do says so as often.
    public static let longestWait = Duration.seconds(20)

    private static let epoch = ContinuousClock.now

    /// A pulse of which nothing is expected before its first beat.
    public init(_ name: String) {
        self.name = name
        deadline = Atomic(.max)
    }

    /// Says that the loop goes on.
    ///
    /// - Parameter duration: When it is heard of again at the latest.
    public func beat(within duration: Duration = Pulse.usual) {
        deadline.store(Self.nanoseconds(.now + duration), ordering: .relaxed)
    }

    /// Says that nothing is to be expected before the next beat, because the loop ends.
    public func rest() { deadline.store(.max, ordering: .relaxed) }

    /// Whether nothing was heard though it should have been.
    public func isLate(at now: ContinuousClock.Instant = .now) -> Bool {
        Self.nanoseconds(now) > deadline.load(ordering: .relaxed)
    }

    private static func nanoseconds(_ instant: ContinuousClock.Instant) -> Int64 {
        let (seconds, attoseconds) = (instant - epoch).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
