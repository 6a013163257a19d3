import Certificates
import CommandCatalog
import MQTT
import PluginKit

/// What the host measures about itself, as collectd names such things; the plugin is `recoverd`.
struct SelfMetrics {
    static let plugin = "recoverd"
    static let certificate = "certificate"
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

    /// Of the connections to the brokers: all together and, where there are several, one by one.
    func metrics(of brokers: Brokers, _ routing: MessageRouter.Counters) -> [Metric] {
        let each = brokers.statistics
        return metrics(of: brokers.sum, "") + [
            metric("mqtt", "derive", "ignored", .derive(Int64(routing.ignored))),
            metric("mqtt", "derive", "retained_dropped", .derive(Int64(routing.retained))),
        ] + (each.count > 1 ? each.flatMap { metrics(of: $0.statistics, $0.name) } : [])
    }

    /// Of the certificates: the seconds for which they are good.
    func metrics(of files: TLSFiles?) -> [Metric] {
        CertificateRole.allCases.compactMap { role in
            files?.secondsLeft(role, now: clock.now).map {
                metric(Self.certificate, "duration", role.rawValue, .gauge(Double($0)))
            }
        }
    }

    private func metrics(of statistics: MQTTStatistics, _ broker: String) -> [Metric] {
        let counts: [(String, Int)] = [
            ("reconnects", statistics.reconnects), ("connect_failures", statistics.connectFailures),
            ("received", statistics.received), ("published", statistics.published),
            ("acknowledged", statistics.acknowledged), ("dropped", statistics.dropped),
        ]
        return [metric("mqtt", "queue_length", broker, .gauge(Double(statistics.outboxCount)))]
            + counts.map { name, count in
                metric("mqtt", "derive", broker.isEmpty ? name : "\(name)-\(broker)", .derive(Int64(count)))
            }
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
