import CommandCatalog
import Glibc
import JSON
import Logging
import MQTT
import PluginKit
import Synchronization

extension PluginHost {
    /// What the agent is and does.
    var status: JSONObject {
        var status = lastingStatus
        status["time"] = .string(clock.now.description)
        status["metrics"] = .object(metricStatus)
        return status
    }

    /// The status without what changes all the time: where this changes, there is news.
    private var lastingStatus: JSONObject {
        var status = state.withLock(\.information).json
        for (_, instance) in state.withLock(\.instances) {
            for member in instance.roles.statusReporter?.status.members ?? [] { status[member.name] = member.value }
        }
        status["configuration"] = state.withLock(\.reloadError).map { ["error": .string($0)] }
        status["plugins"] = .object(pluginStatus)
        status["mqtt"] = .object(brokerStatus)
        status["certificate"] = transport.status(now: clock.now).map(JSONValue.object)
        return status
    }

    /// Everything that is known, for a person.
    var dump: String {
        let metrics = switchboard.latest.all().map { name, metric in
            "  \(name) " + metric.sources.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        }
        let plugins = pluginStatus.members.map { "  \($0.name) \($0.value.text)" }
        let general = status.members.filter { !["plugins", "metrics"].contains($0.name) }
            .map { "  \($0.name) \($0.value.string ?? $0.value.text)" }
        return (["status"] + general + ["plugins"] + plugins + ["metrics"] + metrics)
            .map(LogText.escaped).joined(separator: "\n")
    }

    /// Writes the dump to the log, whatever its level.
    func writeDump() {
        for line in dump.split(separator: "\n") { log.write(.notice, String(line)) }
    }

    func publishStatus() {
        guard let topics = state.withLock(\.configuration).host.topics else { return }
        let (news, now) = (lastingStatus, clock.uptime)
        guard state.withLock({ $0.statusSchedule.mustPublish(news, now: now) }) else { return }
        brokers.announce(topics.status, JSONValue.object(status).bytes)
    }

    private var pluginStatus: JSONObject {
        let (instances, failed) = state.withLock { ($0.instances, $0.failed) }
        let unmade = failed.sorted { $0.key.description < $1.key.description }.map { key, error in
            (key.description, ["state": .string(InstanceState.failed.rawValue), "error": .string(error)] as JSONValue)
        }
        return JSONObject(instances.map { ($0.blueprint.key.description, .object($0.instance.status)) } + unmade)
    }

    /// What is a number that grows all the time stands among the metrics instead, since here every change is news.
    private var brokerStatus: JSONObject {
        let (statistics, routing) = (brokers.sum, router.counters)
        let each = brokers.statistics.map { name, statistics in
            var broker: JSONObject = ["connected": .bool(statistics.isConnected)]
            broker["error"] = statistics.isConnected ? nil : statistics.connectError.map(JSONValue.string)
            return (name, JSONValue.object(broker))
        }
        return [
            "reconnects": .integer(Int64(statistics.reconnects)), "dropped": .integer(Int64(statistics.dropped)),
            "ignored": .integer(Int64(routing.ignored)), "retained_dropped": .integer(Int64(routing.retained)),
            "brokers": .object(JSONObject(each)),
        ]
    }

    /// The host's own numbers and those of its main plugin; other plugins' numbers are many.
    private var metricStatus: JSONObject {
        let own = state.withLock(\.instances).filter { $0.blueprint.placement == .mainFile }.map(\.blueprint.key.plugin)
        let shown = [SelfMetrics.plugin] + own
        return JSONObject(
            switchboard.latest.all { shown.contains($0.plugin) }.compactMap { name, metric in
                metric.sources.first.map { (name, $0.value.json) }
            }
        )
    }
}

extension HostInformation {
    fileprivate var json: JSONObject {
        [
            "v": 1, "host": .string(identity.description), "aliases": .array(aliases.map(JSONValue.string)),
            // The time is set when the status is told; it has its place here.
            "time": "", "since": .string(since.description), "boot_id": .string(bootID), "version": .string(version),
        ]
    }
}

extension DataValue {
    fileprivate var json: JSONValue {
        switch self {
        case .gauge(let value): .real(value)
        case .derive(let value): .integer(value)
        case .counter(let value), .absolute(let value): .integer(Int64(clamping: value))
        }
    }
}
