internal import CommandCatalog
internal import Policy

/// Which messages are answered that are not done, where tasks must be signed: so many of each key, and so many of all whom
/// nobody vouches for.
///
/// Whoever is refused as often as he can, or sends again what was done, must neither fill the outbox, where the answers of
/// others wait too, nor have the host sign all day. What is not answered is counted, and repeated by every sender who means it.
///
/// A value.
struct BoundedAnswers: Sendable {
    /// `nil` is all whom nobody vouches for.
    private var limit: RateLimit<KeyID?>?

    /// Messages without an answer since the start.
    private(set) var withheld = 0

    /// A person's mistakes, and a program's, have room in this; a flood has not.
    private static let rate = Rate(50, per: .seconds(1), burst: 500)

    init() {
        limit = Self.rate.map { RateLimit($0) }
    }

    /// Whether the next message is answered.
    ///
    /// - Parameters:
    ///   - sender: Who sent it.
    ///   - uptime: What the clock says.
    /// - Returns: Whether it is.
    mutating func take(for sender: Sender, at uptime: Duration) -> Bool {
        guard limit?.take(for: sender.key, at: uptime) != nil else { return true }
        withheld += 1
        return false
    }
}
