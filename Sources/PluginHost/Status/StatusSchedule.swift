import JSON

/// When the status is published: when it has changed, and every few minutes.
struct StatusSchedule: Sendable {
    /// A status that is older than this is not the present one.
    static let refreshInterval = Duration.seconds(300)
    /// Members that change all the time and alone are no news.
    static let unremarkable = ["time", "metrics"]

    private var last: JSONObject?
    private var nextRefresh = Duration.zero

    /// Whether this status must be published now; then it counts as published.
    mutating func mustPublish(_ status: JSONObject, now: Duration) -> Bool {
        var news = status
        for name in Self.unremarkable { news[name] = nil }
        guard news != last || now >= nextRefresh else { return false }
        last = news
        nextRefresh = now + Self.refreshInterval
        return true
    }
}
