import CommandCatalog
import PluginKit
import Synchronization

/// Hands values to every instance that takes them; each has its own mailbox, so nobody waits for another.
final class Switchboard: Dispatcher {
    let latest = LatestMetrics()

    private let instances = Mutex<[PluginInstance]>([])

    /// Hands everything to these instances from now on.
    func connect(_ new: [PluginInstance]) {
        instances.withLock { $0 = new }
    }

    func dispatch(_ metrics: [Metric]) {
        guard !metrics.isEmpty else { return }
        latest.note(metrics)
        for instance in current where instance.roles.metricHandler != nil { instance.deliver(.metrics(metrics)) }
    }

    func dispatch(_ notification: Notification) {
        for instance in current where instance.roles.notificationHandler != nil {
            instance.deliver(.notification(notification))
        }
    }

    func dispatch(_ result: TaskResult) {
        for instance in current where instance.roles.resultHandler != nil { instance.deliver(.result(result)) }
    }

    private var current: [PluginInstance] { instances.withLock { $0 } }
}
