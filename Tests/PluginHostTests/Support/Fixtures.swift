import CommandCatalog
import JSON
import Logging
import PluginKit
import PluginTesting
import TestSupport

@testable import PluginHost

/// What tests of instances have in common.
struct Fixture {
    let clock: any AgentClock
    let log = RecordedLog()
    let dispatcher = RecordedDispatcher()

    init(clock: any AgentClock = SystemClock()) {
        self.clock = clock
    }

    func context(_ name: String = "probe", interval: Duration = .seconds(10)) throws -> PluginContext {
        let identity = try identity()
        let host = HostInformation(
            identity: identity, aliases: [], bootID: "boot", version: "0", since: Timestamp(seconds: 0)
        )
        return PluginContext(
            logger: log.logger(name), clock: clock, dispatcher: dispatcher, mqtt: RecordedPublisher(), host: host,
            plugin: name, instance: "", interval: interval, stateDirectory: "/nonexistent",
            runtimeDirectory: "/nonexistent", agent: RecordedAgent()
        )
    }

    func instance(
        _ name: String = "probe", interval: Duration = .seconds(10), does behaviour: Probe.Behaviour = .init()
    ) throws -> PluginInstance {
        try PluginInstance(key: InstanceKey(plugin: name), context: context(name, interval: interval)) {
            Probe("none", behaviour, $0)
        }
    }

    private func identity() throws -> HostIdentity {
        guard let identity = HostIdentity("web01") else { throw SystemFailure("no identity") }
        return identity
    }
}

extension PluginInstance {
    /// The probe in it.
    var handled: [String] { (plugin as? Probe)?.handled.all ?? [] }

    /// Ends it as the host does, giving each step this long.
    func finish(within limit: Duration = .seconds(10)) async {
        let clock = context.clock
        stopReading()
        await settle(until: clock.uptime + limit)
        await stopRunning(until: clock.uptime + limit)
        await drain(until: clock.uptime + limit)
    }
}

/// A notification that says this.
func notification(_ text: String) -> PluginKit.Notification {
    Notification(
        severity: .warning, time: Timestamp(seconds: 0), message: text,
        identity: MetricIdentity(host: "web01", plugin: "probe", type: "test")
    )
}

/// A metric of this type.
func metric(_ type: String) -> Metric {
    Metric(
        identity: MetricIdentity(host: "web01", plugin: "probe", type: type), time: Timestamp(seconds: 0),
        interval: .seconds(10), sources: [DataSource(.gauge(1))]
    )
}

/// The result of a task that printed this.
func result(_ text: String) -> TaskResult {
    TaskResult(taskID: .integer(1), timestamp: Timestamp(seconds: 0), message: text, code: .success)
}
