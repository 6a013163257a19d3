public import JSON

/// What the sender wants to be told besides the plain answer: the member `reply`.
public struct ReplyWishes: Sendable, Hashable {
    /// Whether the answer carries ``TaskResult/Detail``.
    public var detail: Bool
    /// Whether the output comes as events while the command runs.
    public var follow: Bool
    /// Whether acceptance, start and end come as events.
    public var events: Bool

    /// Wishes; none by default.
    public init(detail: Bool = false, follow: Bool = false, events: Bool = false) {
        self.detail = detail
        self.follow = follow
        self.events = events
    }

    /// The wire form: what is wished for; `nil` where nothing is.
    public var json: JSONValue? {
        let wishes: [(String, Bool)] = [("detail", detail), ("follow", follow), ("events", events)]
        let members = wishes.filter(\.1).map { ($0.0, JSONValue.bool(true)) }
        return members.isEmpty ? nil : .object(JSONObject(members))
    }
}
