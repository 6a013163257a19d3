internal import CSystem
import CommandCatalog
import ConfigurationReader
import Logging
import PluginKit
import ServiceLifecycle
import Synchronization

/// Makes the plugins' instances, runs them, and joins them with the brokers and with each other.
///
/// It starts the instances first and the connections last, and stops in the opposite order, within the ``StopBudget``.
final class PluginHost: Service {
    let clock: any AgentClock
    let log: AgentLog
    let logger: Logger
    let switchboard = Switchboard()
    let router: MessageRouter
    /// The loops that must go on.
    let pulses = PulseBoard()
    /// Whoever wants to know how the agent is.
    let manager: ServiceManager?
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
        var vigil: Vigil
        /// Where the metrics go.
        var metricsFile: MetricsFile?
    }

    /// Makes the host; nothing runs before ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: What to run.
    ///   - log: Where everything is logged.
    ///   - directories: Where plugins keep what must outlive them.
    ///   - version: The agent's version, for the status.
    ///   - manager: Whoever wants to know how the agent is.
    ///   - load: Reads the configuration again.
    convenience init(
        _ configuration: AgentConfiguration, log: AgentLog, directories: AgentDirectories, version: String,
        manager: ServiceManager?, load: @escaping @Sendable () throws(ConfigurationError) -> AgentConfiguration
    ) {
        self.init(
            configuration, log: log, directories: directories, version: version, clock: SystemClock(),
            budget: StopBudget(), manager: manager, load: load
        )
    }

    init(
        _ configuration: AgentConfiguration, log: AgentLog, directories: AgentDirectories, version: String,
        clock: any AgentClock, budget: StopBudget, manager: ServiceManager? = nil,
        load: @escaping @Sendable () throws(ConfigurationError) -> AgentConfiguration
    ) {
        self.log = log
        self.directories = directories
        self.clock = clock
        self.budget = budget
        self.load = load
        self.version = version
        self.manager = manager
        since = clock.now
        log.use(configuration.host.log)
        logger = log.logger("host")
        let router = MessageRouter(logger: logger)
        self.router = router
        brokers = Brokers(configuration.host.brokers, router: router, pulses: pulses, logger: log.logger("mqtt"))
        let information = HostInformation.current(configuration.host.identity, version: version, since: since)
        state = Mutex(
            State(
                configuration: configuration, information: information, vigil: Vigil(patience: manager?.patience)))
    }

    /// Runs until shutdown.
    ///
    /// - Throws: Why the main plugin cannot be: an agent without it would look alive and do nothing.
    func run() async throws {
        let configuration = state.withLock(\.configuration)
        logWarnings(of: configuration)
        use(configuration)
        try checkMainPlugin(of: configuration)
        // Not when a broker answers: whoever waits for us may be who starts it.
        manager?.tell(.ready)
        brokers.start()
        try? await cancelWhenGracefulShutdown { try await self.keepUp() }
        manager?.tell(.stopping)
        await stop(within: budget)
    }

    /// Asks for the configuration to be read again; that happens within a second.
    func requestReload() {
        state.withLock { $0.mustReload = true }
    }

    private func checkMainPlugin(of configuration: AgentConfiguration) throws(StartError) {
        let failed = state.withLock(\.failed)
        for blueprint in configuration.blueprints where blueprint.placement == .mainFile {
            if let error = failed[blueprint.key] { throw StartError("\(blueprint.key): \(error)") }
        }
    }

    /// Once a second: looks for loops and plugins that hang, reloads when asked to, tells news; every ten seconds, measures.
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
            keepVigil()
            if state.withLock({ state in state.mustReload.take() }) {
                manager?.tell(.reloading)
                await reload()
                manager?.tell(.ready)
            }
            watchTransport()
            if clock.uptime >= nextMeasuring {
                nextMeasuring = clock.uptime + SelfMetrics.interval
                measure()
                writeMetrics()
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
