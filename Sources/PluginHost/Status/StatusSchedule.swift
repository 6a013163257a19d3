import JSON

/// When the status is published: when it has changed, and every few minutes.
struct StatusSchedule: Sendable {
    /// A status that is older than this is not the present one.
    static let refreshInterval = Duration.seconds(300)
    private var last: JSONObject?
    private var nextRefresh = Duration.zero

    /// Whether the status must be published now; then it counts as published.
    ///
    /// - Parameters:
    ///   - news: The status without what changes all the time and alone is no news.
    ///   - now: The uptime.
    /// - Returns: Whether it is due.
    mutating func mustPublish(_ news: JSONObject, now: Duration) -> Bool {
        guard news != last || now >= nextRefresh else { return false }
        last = news
        nextRefresh = now + Self.refreshInterval
        return true
    }
}
