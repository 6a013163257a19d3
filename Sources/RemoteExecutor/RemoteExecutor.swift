internal import Audit
public import CommandCatalog
internal import ConfigurationReader
public import JSON
internal import Logging
public import PluginKit
internal import ServiceLifecycle
internal import Synchronization

/// Takes tasks from MQTT, runs the commands that the catalog has for them, and answers.
public final class RemoteExecutor: MessageAdmission, Reader, StatusReporter, Reconfigurable, TaskRunner {
    /// `remote-executor`.
    public static let name = "remote-executor"
    /// The main file is its section.
    public static var placement: SectionPlacement { .mainFile }
    /// The embedded `sample.json`: the smallest main file that runs a command.
    public static var sample: String { String(decoding: PackageResources.sample_json, as: UTF8.self) }

    private struct State {
        var configuration: Configuration
        /// What the catalog topic and the status say.
        var digest: String
        /// Why the newest files are not in force.
        var catalogError: String?
        /// The watch of a configuration that came while this one ran.
        var newerWatch: CatalogWatch?
    }

    /// How often the catalog's files are looked at; a change is in force within two seconds.
    private static let watchInterval: Duration = .milliseconds(1500)

    private let context: PluginContext
    private let desk: TaskDesk
    private let state: Mutex<State>
    /// `nil` where it could not be made, which the log tells.
    private let control: ControlSocket?

    /// Opens the journal, takes over what an agent before this one left, and makes the thread of the runs.
    ///
    /// - Parameters:
    ///   - configuration: The topics, the bounds and the catalog.
    ///   - context: What it can reach.
    /// - Throws: Why the journal cannot be used, or that there is no thread or descriptor to be had.
    public init(configuration: Configuration, context: PluginContext) throws {
        self.context = context
        desk = try TaskDesk(configuration, context: context)
        state = Mutex(State(configuration: configuration, digest: configuration.catalog.digest))
        control = Self.control(desk, context)
    }

    /// Renames the journal of a state directory, so that the next start makes a new one; nothing is deleted.
    ///
    /// - Parameter directory: The state directory, which no agent may be using.
    /// - Returns: The new paths.
    /// - Throws: Why it cannot be done.
    public static func setJournalAside(in directory: String) throws -> [String] {
        try Journal.reset(directory: directory)
    }

    /// Announces the catalog and keeps it as its files are, until shutdown; what runs then goes on.
    public func run() async throws {
        let configuration = state.withLock { $0.configuration }
        announce(configuration.catalog, on: configuration.catalogTopic)
        for pair in configuration.pairs where pair.result == nil {
            context.logger.warning(
                "there is no CommandResultTopic; nothing is answered",
                metadata: ["mqtt.topic": "\(pair.command)"]
            )
        }
        try? await cancelWhenGracefulShutdown { try await self.watchCatalog(configuration.watch) }
        control?.stop()
        desk.stop()
    }

    /// The topics by which tasks come.
    public var admittedTopics: [TopicFilter] { desk.commandTopics }

    /// Accepts or refuses a task; both are answered.
    public func admit(_ message: MQTTMessage) -> Admission {
        desk.admit(message)
        return .taken
    }

    /// Makes what was accepted durable; only then the broker gets its acknowledgements.
    public func commit(from broker: String) -> Admission {
        desk.commit(from: broker)
        return .taken
    }

    /// Has a task of another plugin done; it needs no place in the audit's list of senders, and gets no answer.
    public func run(_ task: TaskMessage) { desk.run(task) }

    /// How many tasks wait and run, and how many ended how since the start.
    public func read() async throws -> [Metric] {
        let (_, running, queued) = desk.summary()
        let counters = desk.counters
        let now = [
            context.metric("count", typeInstance: "running", [DataSource(.gauge(Double(running)))]),
            context.metric("queue_length", [DataSource(.gauge(Double(queued)))]),
        ]
        return now
            + desk.health(context)
            + desk.storage(context)
            + TaskCounters.Outcome.allCases.map { outcome in
                context.metric(
                    "total_requests", typeInstance: outcome.rawValue, [DataSource(.derive(counters[outcome]))])
            }
    }

    /// `catalog`, `running`, `queued`, `runner`, `journal`, `clock`, `audit`, the first of the running `tasks`, and what senders must
    /// know: whether tasks must be `signed`, the host's `key`, a `challenge`.
    public var status: JSONObject {
        let (tasks, running, queued) = desk.summary()
        let (digest, error) = state.withLock { ($0.digest, $0.catalogError) }
        var catalog: JSONObject = ["sha256": .string(digest)]
        catalog["error"] = error.map(JSONValue.string)
        var status: JSONObject = [
            "catalog": .object(catalog), "running": .integer(Int64(running)), "queued": .integer(Int64(queued)),
            "runner": .string(desk.runs.isRunnerReady ? "ok" : "away"),
            "journal": .string(desk.journal.state.word), "clock": "ok", "audit": .string(desk.audit.word),
            "tasks": .array(tasks.prefix(Self.mostTasksInStatus).map { .object($0.summary(state: "running")) }),
        ]
        if desk.isClockSuspect(now: context.clock.now) {
            status["clock"] = "suspect"
            // Only then, for it changes every minute otherwise.
            status["clock_was"] = .string(desk.journal.highWater.description)
        }
        for member in desk.trustStatus.members { status[member.name] = member.value }
        return status
    }

    /// Uses other topics, bounds and another catalog for the tasks to come.
    public func reconfigure(_ configuration: Configuration) {
        state.withLock { state in
            state.configuration = configuration
            state.digest = configuration.catalog.digest
            state.catalogError = nil
            state.newerWatch = configuration.watch
        }
        desk.use(configuration)
        desk.audit(.config, digest: configuration.catalog.digest, note: "another configuration is in force")
        announce(configuration.catalog, on: configuration.catalogTopic)
    }

    /// Enough to see what keeps a host busy, few enough for a status of some kilobytes.
    private static let mostTasksInStatus = 20

    private func watchCatalog(_ first: CatalogWatch) async throws {
        var watch = first
        while true {
            try await context.clock.sleep(for: Self.watchInterval)
            desk.refreshTrust()
            if let newer = state.withLock({ $0.newerWatch.take() }) { watch = newer }
            do throws(ConfigurationError) {
                if let catalog = try watch.change(afterwards: context.agent.checkConfiguration) { use(catalog) }
            } catch {
                keepOldCatalog(error)
            }
        }
    }

    private func use(_ catalog: CommandCatalog) {
        let topic: TopicName?? = state.withLock { state in
            // What was configured anew in between is newer than what was read here.
            guard state.newerWatch == nil else { return nil }
            state.digest = catalog.digest
            state.catalogError = nil
            return .some(state.configuration.catalogTopic)
        }
        guard let topic else { return }
        desk.use(catalog)
        desk.audit(.config, digest: catalog.digest, note: "another catalog is in force")
        announce(catalog, on: topic)
        context.logger.notice("the catalog changed", metadata: ["catalog.commands": "\(catalog.count)"])
    }

    private func keepOldCatalog(_ error: ConfigurationError) {
        state.withLock { $0.catalogError = error.description }
        desk.audit(.config, note: "not in force: \(error)")
        context.logger.error(
            "the changed catalog has mistakes; the old one stays in force until they are corrected",
            metadata: ["catalog.error": "\(error)"]
        )
    }

    /// The agent is asked through its brokers all the same, so a missing socket stops nothing.
    private static func control(_ desk: TaskDesk, _ context: PluginContext) -> ControlSocket? {
        do throws(ControlFailure) {
            return try ControlSocket(
                directory: context.stateDirectory, pulse: context.agent.pulse(of: "control"), logger: context.logger
            ) { [weak desk] payload in
                desk?.controlAnswer(to: payload) ?? []
            }
        } catch {
            context.logger.warning("there is no control socket", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func announce(_ catalog: CommandCatalog, on topic: TopicName?) {
        guard let topic else { return }
        let message: JSONObject = [
            "v": 1, "host": .string(context.host.identity.description), "services": .object(catalog.json),
        ]
        context.mqtt.announce(topic, JSONValue.object(message).bytes)
    }
}
