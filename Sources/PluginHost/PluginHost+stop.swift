import CommandCatalog
import MQTT
import Synchronization

extension PluginHost {
    /// Ends everything in order: readers, what waits, `run()`, and the connections last, so that last answers leave.
    func stop(within budget: StopBudget) async {
        let (instances, topics) = state.withLock { ($0.instances.map(\.instance), $0.configuration.host.topics) }
        await end(instances, within: budget)
        state.withLock(\.metricsFile)?.remove()
        await brokers.stop(farewell: topics.map(Presence.farewell), deadline: budget.flushing)
    }
}
