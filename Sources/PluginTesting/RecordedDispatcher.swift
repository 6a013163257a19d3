public import CommandCatalog
public import PluginKit
internal import Synchronization

/// Keeps what a plugin dispatches.
public final class RecordedDispatcher: Dispatcher {
    private struct State {
        var metrics: [Metric] = []
        var notifications: [PluginKit.Notification] = []
        var results: [TaskResult] = []
    }

    private let state = Mutex(State())

    /// A dispatcher that has nothing yet.
    public init() {}

    /// All metrics, in order.
    public var metrics: [Metric] { state.withLock(\.metrics) }
    /// All notifications, in order.
    public var notifications: [PluginKit.Notification] { state.withLock(\.notifications) }
    /// All results, in order.
    public var results: [TaskResult] { state.withLock(\.results) }

    /// Keeps metrics.
    public func dispatch(_ metrics: [Metric]) { state.withLock { $0.metrics += metrics } }
    /// Keeps a notification.
    public func dispatch(_ notification: PluginKit.Notification) {
        state.withLock { $0.notifications.append(notification) }
    }
    /// Keeps a result.
    public func dispatch(_ result: TaskResult) { state.withLock { $0.results.append(result) } }
}
