/// The random values that a sender may name in `auth.challenge` in place of a time that both clocks agree on.
///
/// A new one at every start of the agent and every hour; the current and the one before it are accepted. Time is counted by a
/// clock that nobody sets, for the host's own may be wrong: that is what challenges are for.
public struct ChallengeSource: Sendable {
    /// How long a value is the current one.
    public static let period: Duration = .seconds(3600)

    /// The value to tell in the status.
    public private(set) var current: String
    private var previous: String?
    private var changed: Duration
    private let make: @Sendable () -> String

    /// A source with its first value.
    ///
    /// - Parameters:
    ///   - uptime: What a clock says that nobody sets.
    ///   - make: Makes a value.
    public init(at uptime: Duration, make: @escaping @Sendable () -> String) {
        (current, changed, self.make) = (make(), uptime, make)
    }

    /// A source whose values are 128 bits of the system's chance.
    public init(at uptime: Duration) {
        self.init(at: uptime) { HexText.text(Sodium.random(16)) }
    }

    /// Makes a new value when it is time.
    ///
    /// - Parameter uptime: What the clock says now.
    /// - Returns: Whether there is a new value, which the status has to tell.
    public mutating func advance(to uptime: Duration) -> Bool {
        guard uptime - changed >= Self.period else { return false }
        // Nobody asked for two periods: what was current has been too long.
        previous = uptime - changed < Self.period * 2 ? current : nil
        (current, changed) = (make(), uptime)
        return true
    }

    /// The values that a task may name.
    public var accepted: [String] { [current] + (previous.map { [$0] } ?? []) }
}
