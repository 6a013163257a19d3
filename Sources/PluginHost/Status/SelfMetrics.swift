import CommandCatalog
import MQTT
import PluginKit

/// What the host measures about itself, as collectd names such things; the plugin is `recoverd`.
struct SelfMetrics {
    static let plugin = "recoverd"
    static let interval = Duration.seconds(10)

    let host: HostIdentity
    let clock: any AgentClock

    /// Of one instance: how much waits, how many calls there were, how long they took, what failed and what was lost.
    func metrics(of instance: PluginInstance) -> [Metric] {
        let (values, counters) = (instance.record.values, instance.mailbox.counters)
        let name = instance.key.metricName
        return [
            metric(name, "queue_length", "", .gauge(Double(counters.waiting))),
            metric(name, "total_requests", "calls", .derive(Int64(values.calls))),
            metric(name, "total_time_in_ms", "calls", .derive(values.time.milliseconds)),
            metric(name, "derive", "failures", .derive(Int64(values.failures))),
            metric(name, "derive", "dropped", .derive(Int64(counters.lost))),
        ]
    }

    /// Of the connection to the broker.
    func metrics(of statistics: MQTTStatistics, _ routing: MessageRouter.Counters) -> [Metric] {
        let counts: [(String, Int)] = [
            ("reconnects", statistics.reconnects), ("connect_failures", statistics.connectFailures),
            ("received", statistics.received), ("published", statistics.published),
            ("acknowledged", statistics.acknowledged), ("dropped", statistics.dropped),
            ("ignored", routing.ignored), ("retained_dropped", routing.retained),
        ]
        return [metric("mqtt", "queue_length", "", .gauge(Double(statistics.outboxCount)))]
            + counts.map { metric("mqtt", "derive", $0, .derive(Int64($1))) }
    }

    private func metric(_ instance: String, _ type: String, _ typeInstance: String, _ value: DataValue) -> Metric {
        let identity = MetricIdentity(
            host: host.description, plugin: Self.plugin, pluginInstance: instance, type: type,
            typeInstance: typeInstance
        )
        return Metric(
            identity: identity, time: clock.now, interval: Self.interval, sources: [DataSource(value)]
        )
    }
}

extension Duration {
    /// Whole milliseconds.
    fileprivate var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
