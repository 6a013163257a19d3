import CommandCatalog
import ConfigurationReader
import JSON
import PluginKit
import Synchronization

/// The agent as its plugins see it.
final class AgentInterior: AgentServices {
    // A plugin lives in the host's state: a strong reference would keep both for ever.
    private weak let host: PluginHost?
    private let load: @Sendable () throws(ConfigurationError) -> AgentConfiguration

    init(_ host: PluginHost, load: @escaping @Sendable () throws(ConfigurationError) -> AgentConfiguration) {
        (self.host, self.load) = (host, load)
    }

    var status: JSONObject { host?.status ?? [:] }

    var metrics: String { host?.metricsText ?? "" }

    func checkConfiguration() throws(ConfigurationError) { _ = try load() }

    func reload() { host?.requestReload() }

    var reading: ConfigurationReading {
        host?.state.withLock { ConfigurationReading(count: $0.reads, error: $0.reloadError) }
            ?? ConfigurationReading(count: 0, error: nil)
    }

    func pulse(of loop: String) -> Pulse { host?.pulses.pulse(of: loop) ?? Pulse(loop) }

    var taskRunner: (any TaskRunner)? { first { $0 as? any TaskRunner } }

    var configurationReplacer: (any ConfigurationReplacer)? { first { $0 as? any ConfigurationReplacer } }

    private func first<Role>(_ role: (any Plugin) -> Role?) -> Role? {
        for (_, instance) in host?.state.withLock(\.instances) ?? [] {
            if let found = role(instance.plugin) { return found }
        }
        return nil
    }
}
