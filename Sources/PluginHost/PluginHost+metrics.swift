import Certificates
import CommandCatalog
import Logging
import MQTT
import PluginKit
import Synchronization

extension PluginHost {
    /// Measures the host itself; the numbers go the way of all metrics.
    func measure() {
        let (configuration, instances) = state.withLock { ($0.configuration, $0.instances.map(\.instance)) }
        let own = SelfMetrics(host: configuration.host.identity, clock: clock)
        let metrics =
            instances.flatMap(own.metrics) + own.metrics(of: brokers, router.counters)
            + own.metrics(of: transport.files)
        switchboard.dispatch(metrics)
    }

    /// All that the agent measures, in Prometheus' text form; `docs/operations.md` has the list of the names.
    var metricsText: String {
        var text = PrometheusText()
        addInformation(to: &text)
        addBrokers(to: &text)
        addPlugins(to: &text)
        for role in CertificateRole.allCases {
            guard let seconds = transport.files?.secondsLeft(role, now: clock.now) else { continue }
            text.add(
                "recoverd_certificate_seconds_left", .gauge, "For how long the certificates of TLS are good.",
                [("role", role.rawValue)], .gauge(Double(seconds)))
        }
        var names: [String: [PrometheusName]] = [:]
        for (blueprint, instance) in state.withLock(\.instances) {
            names[blueprint.key.plugin] = (type(of: instance.plugin) as? any PrometheusNaming.Type)?.prometheusNames
        }
        for (_, metric) in switchboard.latest.all(where: { $0.plugin != SelfMetrics.plugin }) {
            text.add(metric, names: names[metric.identity.plugin] ?? [])
        }
        return text.text
    }

    /// Writes the metrics to their file, if there is one.
    func writeMetrics() {
        let (path, old) = state.withLock { ($0.configuration.host.metricsFile, $0.metricsFile) }
        if let old, old.path != path { old.remove() }
        guard let path else { return state.withLock { $0.metricsFile = nil } }
        var file = old?.path == path ? old ?? MetricsFile(path) : MetricsFile(path)
        if file.write(metricsText) {
            if let error = file.error {
                logger.warning("the metrics cannot be written; trying again", metadata: ["error": "\(error)"])
            } else {
                logger.notice("the metrics can be written again", metadata: ["file": "\(path)"])
            }
        }
        state.withLock { $0.metricsFile = file }
    }

    private func addInformation(to text: inout PrometheusText) {
        let information = state.withLock(\.information)
        text.add(
            "recoverd_info", .gauge, "Which host and which release this is.",
            [("host", information.identity.description), ("version", information.version)], .gauge(1))
        text.add(
            "recoverd_start_time_seconds", .gauge, "When the agent was started, since 1970.", [],
            .gauge(information.since.seconds))
    }

    private func addBrokers(to text: inout PrometheusText) {
        for (name, statistics) in brokers.statistics {
            let labels = [(name: "broker", value: name)]
            text.add(
                "recoverd_mqtt_connected", .gauge, "Whether there is a connection to the broker.", labels,
                .gauge(statistics.isConnected ? 1 : 0))
            text.add(
                "recoverd_mqtt_outbox_messages", .gauge, "Messages that the broker has not acknowledged.", labels,
                .gauge(Double(statistics.outboxCount)))
            let counts = [
                ("reconnects", "Connections after the first.", statistics.reconnects),
                ("connect_failures", "Attempts to connect that failed.", statistics.connectFailures),
                ("received", "Messages received.", statistics.received),
                ("published", "Messages sent, repetitions included.", statistics.published),
                ("acknowledged", "Messages that the broker acknowledged.", statistics.acknowledged),
                ("dropped", "Messages that found no room in the outbox.", statistics.dropped),
            ]
            for (word, help, count) in counts {
                text.add("recoverd_mqtt_\(word)_total", .counter, help, labels, .derive(Int64(count)))
            }
        }
        let routing = router.counters
        text.add(
            "recoverd_mqtt_ignored_total", .counter, "Messages that no plugin asked for.", [],
            .derive(Int64(routing.ignored)))
        text.add(
            "recoverd_mqtt_retained_dropped_total", .counter, "Retained messages, which are no tasks.", [],
            .derive(Int64(routing.retained)))
    }

    private func addPlugins(to text: inout PrometheusText) {
        for instance in state.withLock(\.instances).map(\.instance) {
            let (values, counters) = (instance.record.values, instance.mailbox.counters)
            let labels = [(name: "plugin", value: instance.key.description)]
            text.add(
                "recoverd_plugin_running", .gauge, "Whether the plugin does what it shall.", labels,
                .gauge(instance.state == .running ? 1 : 0))
            text.add(
                "recoverd_plugin_waiting", .gauge, "What waits for the plugin.", labels,
                .gauge(Double(counters.waiting)))
            let counts = [
                ("calls", "Calls of the plugin.", values.calls), ("failures", "Calls that failed.", values.failures),
                ("dropped", "What found no room before the plugin.", counters.lost),
            ]
            for (word, help, count) in counts {
                text.add("recoverd_plugin_\(word)_total", .counter, help, labels, .derive(Int64(count)))
            }
        }
    }
}
