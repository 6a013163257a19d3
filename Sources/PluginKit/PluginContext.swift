internal import CommandCatalog
public import Logging

/// Everything that a plugin can reach; each member has a stand-in in `PluginTesting`.
public struct PluginContext: Sendable {
    /// Where the instance logs to; its name and instance are set already.
    public let logger: Logger
    /// What time it is, and how to wait.
    public let clock: any AgentClock
    /// Where metrics, notifications and results go.
    public let dispatcher: any Dispatcher
    /// Where messages go.
    public let mqtt: any MQTTPublisher
    /// The host and the agent on it.
    public let host: HostInformation
    /// The plugin's name.
    public let plugin: String
    /// The instance's name; empty for the only one.
    public let instance: String
    /// How often the instance is read.
    public let interval: Duration
    /// The directory for what must outlive the agent, as an absolute path.
    public let stateDirectory: String
    /// The directory for what must outlive the agent, but not this boot of the host, as an absolute path.
    public let runtimeDirectory: String
    /// The agent, and what its other plugins do for this one.
    public let agent: any AgentServices

    /// A context of these parts.
    public init(
        logger: Logger,
        clock: any AgentClock,
        dispatcher: any Dispatcher,
        mqtt: any MQTTPublisher,
        host: HostInformation,
        plugin: String,
        instance: String,
        interval: Duration,
        stateDirectory: String,
        runtimeDirectory: String,
        agent: any AgentServices
    ) {
        self.logger = logger
        self.clock = clock
        self.dispatcher = dispatcher
        self.mqtt = mqtt
        self.host = host
        self.plugin = plugin
        self.instance = instance
        self.interval = interval
        self.stateDirectory = stateDirectory
        self.runtimeDirectory = runtimeDirectory
        self.agent = agent
    }

    /// A metric of this plugin on this host, now.
    ///
    /// - Parameters:
    ///   - type: The collectd type, such as `load`.
    ///   - typeInstance: Which of several of the type; empty for the only one.
    ///   - pluginInstance: Which of several things the plugin measures; by default the instance's own name.
    ///   - plugin: What collectd calls the plugin that measures this; by default this plugin's own name.
    ///   - sources: The type's data sources.
    /// - Returns: The metric.
    public func metric(
        _ type: String,
        typeInstance: String = "",
        pluginInstance: String? = nil,
        plugin: String? = nil,
        _ sources: [DataSource]
    ) -> Metric {
        let identity = MetricIdentity(
            host: host.identity.description,
            plugin: plugin ?? self.plugin,
            pluginInstance: pluginInstance ?? instance,
            type: type,
            typeInstance: typeInstance
        )
        return Metric(identity: identity, time: clock.now, interval: interval, sources: sources)
    }
}
