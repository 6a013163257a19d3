internal import CSystem
import CommandCatalog
public import ConfigurationReader
import Logging
import PluginKit
public import ServiceLifecycle
import Synchronization

/// Makes the plugins' instances, runs them, and joins them with the brokers and with each other.
///
/// It starts the instances first and the connections last, and stops in the opposite order, within the ``StopBudget``.
public final class PluginHost: Service {
    let clock: any AgentClock
    let log: AgentLog
    let logger: Logger
    let switchboard = Switchboard()
    let router: MessageRouter
    let brokers: Brokers
    let transport = Transport()
    let directories: AgentDirectories
    let state: Mutex<State>

    private let budget: StopBudget
    let load: @Sendable () throws(ConfigurationError) -> AgentConfiguration
    let version: String
    let since: Timestamp

    struct State {
        var configuration: AgentConfiguration
        var information: HostInformation
        var instances: [(blueprint: PluginBlueprint, instance: PluginInstance)] = []
        /// Instances that could not be made, with the reason.
        var failed: [InstanceKey: String] = [:]
        /// Why the newest configuration is not in force.
        var reloadError: String?
        var mustReload = false
        /// How often the configuration was read again.
        var reads = 0
        var statusSchedule = StatusSchedule()
    }

    /// Makes the host; nothing runs before ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: What to run.
    ///   - log: Where everything is logged.
    ///   - directories: Where plugins keep what must outlive them.
    ///   - version: The agent's version, for the status.
    ///   - load: Reads the configuration again.
    public convenience init(
        _ configuration: AgentConfiguration, log: AgentLog, directories: AgentDirectories, version: String,
        load: @escaping @Sendable () throws(ConfigurationError) -> AgentConfiguration
    ) {
        self.init(
            configuration, log: log, directories: directories, version: version, clock: SystemClock(),
            budget: StopBudget(), load: load
        )
    }

    init(
        _ configuration: AgentConfiguration, log: AgentLog, directories: AgentDirectories, version: String,
        clock: any AgentClock, budget: StopBudget,
        load: @escaping @Sendable () throws(ConfigurationError) -> AgentConfiguration
    ) {
        self.log = log
        self.directories = directories
        self.clock = clock
        self.budget = budget
        self.load = load
        self.version = version
        since = clock.now
        log.use(configuration.host.log)
        logger = log.logger("host")
        let router = MessageRouter(logger: logger)
        self.router = router
        brokers = Brokers(configuration.host.brokers, router: router, logger: log.logger("mqtt"))
        let information = HostInformation.current(configuration.host.identity, version: version, since: since)
        state = Mutex(State(configuration: configuration, information: information))
    }

    /// Runs until shutdown.
    ///
    /// - Throws: Why the main plugin cannot be: an agent without it would look alive and do nothing.
    public func run() async throws {
        let configuration = state.withLock(\.configuration)
        logWarnings(of: configuration)
        use(configuration)
        try checkMainPlugin(of: configuration)
        brokers.start()
        try? await cancelWhenGracefulShutdown { try await self.keepUp() }
        await stop(within: budget)
    }

    /// Asks for the configuration to be read again; that happens within a second.
    public func requestReload() {
        state.withLock { $0.mustReload = true }
    }

    private func checkMainPlugin(of configuration: AgentConfiguration) throws(StartError) {
        let failed = state.withLock(\.failed)
        for blueprint in configuration.blueprints where blueprint.placement == .mainFile {
            if let error = failed[blueprint.key] { throw StartError("\(blueprint.key): \(error)") }
        }
    }

    /// Once a second: looks for plugins that hang, reloads when asked to, tells news; every ten seconds, measures.
    private func keepUp() async throws {
        var nextMeasuring = clock.uptime
        // What ran once, at the start, need not be counted as the agent's memory for ever.
        var nextRelease: Duration? = clock.uptime + .seconds(2)
        while true {
            if let release = nextRelease, clock.uptime >= release {
                nextRelease = nil
                csystem_release_code()
            }
            for (_, instance) in state.withLock(\.instances) { instance.lookForHang(now: clock.uptime) }
            if state.withLock({ state in state.mustReload.take() }) { await reload() }
            watchTransport()
            if clock.uptime >= nextMeasuring {
                nextMeasuring = clock.uptime + SelfMetrics.interval
                measure()
            }
            publishStatus()
            try await clock.sleep(for: .seconds(1))
        }
    }
}

extension Bool {
    /// The value, which becomes `false`.
    fileprivate mutating func take() -> Bool {
        defer { self = false }
        return self
    }
}
