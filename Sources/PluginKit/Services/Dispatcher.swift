public import CommandCatalog

/// Hands values to every plugin that takes them; never waits.
public protocol Dispatcher: Sendable {
    /// Hands on metrics that belong together.
    func dispatch(_ metrics: [Metric])
    /// Hands on a notification.
    func dispatch(_ notification: Notification)
    /// Hands on a result.
    func dispatch(_ result: TaskResult)
}
