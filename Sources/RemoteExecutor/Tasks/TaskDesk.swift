internal import Audit
internal import CommandCatalog
internal import JSON
internal import Logging
internal import PluginKit
internal import Signatures
internal import Synchronization

/// Takes tasks in, has their commands run, and answers: the effects around ``TaskTable``'s decisions.
///
///     MQTT threads    admit ─► table (pending) ─► commit: journal (accepted, starting) ─► acknowledgement, start
///     thread "runs"   run ended ─► journal (finished, the next starting) ─► answer, start
///
/// What is told to the broker, a sender or the runner was durable before: a task when it is acknowledged, a start when
/// the runner is asked, a result when it is answered.
final class TaskDesk: Sendable {
    struct State: ~Copyable {
        var table: TaskTable
        var catalog: CommandCatalog {
            didSet { catalogDigest = catalog.digest }
        }
        /// What the catalog topic's content is known by.
        private(set) var catalogDigest: String
        var pairs: [TopicPair]
        var window: TimeWindow
        /// Who may.
        var gate: Gate
        /// How often.
        var brakes: Brakes
        /// What senders may name in place of the time.
        var challenges: ChallengeSource
        /// With which results are signed; `nil`: they are not.
        var hostKey: SigningKey?
        /// The ids that holders of keys used lately.
        var signedIDs = SignedIDs()
        var counters = TaskCounters()
        var unreadable = LogThrottle()
        var refusals = LogThrottle()
        /// Which of them are answered.
        var refusalAnswers = BoundedAnswers()
        /// Answers to tasks that came before; whoever has captured one could ask for them all day.
        var repeatedAnswers = BoundedAnswers()
        var challenged = ChallengedTasks()
        var fetches = Fetches()
        var keyEnds = KeyEndWarnings()
        /// The tasks of each broker's present batch, which its next commit makes durable.
        var batches: [String: [TaskTable.Number]] = [:]
        /// Until when commands cool down, by service and command.
        var cooldowns = Cooldowns()
        /// Ends that the journal did not take yet.
        var unsaved: [TaskTable.Number: Journal.Finish] = [:]
        /// Results of tasks that only the memory knew.
        var remembered = RememberedResults()
        /// How far the output of running commands was told.
        var followed: [TaskTable.Number: FollowedOutput] = [:]
        /// Tasks that came too late since the last summary.
        var expired = ExpiredTasks()
        /// What the journal says as long as it takes nothing.
        var failures = FailureLog()
        var lastTidy: Duration?
        /// When what was left for a later commit is written without one; `nil`: there is nothing.
        var flushDue: Duration?
    }

    let context: PluginContext
    let journal: Journal
    let boot: String
    let archive: OutputArchive
    /// Where every decision is noted.
    let audit: AuditTrail
    /// The files that say who may.
    let trust: Mutex<TrustFiles>
    let state: Mutex<State>
    /// What runs commands.
    let runs: CommandRuns

    /// Opens the journal and takes over what an agent before this one left.
    ///
    /// - Throws: Why the journal cannot be used, or that there is no thread to be had.
    init(_ configuration: RemoteExecutor.Configuration, context: PluginContext) throws {
        self.context = context
        boot = context.host.bootID
        journal = try Journal(directory: context.stateDirectory, limits: configuration.journal, now: context.clock.now)
        archive = OutputArchive(directory: context.stateDirectory, bounds: configuration.output)
        let table = TaskTable(
            mostRunning: configuration.mostRunning, mostQueued: configuration.mostQueued,
            nextNumber: journal.nextNumber
        )
        let files = TrustFiles(configuration.trust)
        let verification = Verification(
            ring: files.ring, identities: ["host/\(context.host.identity)"],
            unsignedServices: configuration.trust.unsignedServices, window: configuration.window)
        state = Mutex(
            State(
                table: table, catalog: configuration.catalog, catalogDigest: configuration.catalog.digest,
                pairs: configuration.pairs, window: configuration.window,
                gate: Gate(verification: verification, policy: files.policy),
                brakes: Brakes(configuration.trust), challenges: ChallengeSource(at: context.clock.uptime)
            ))
        trust = Mutex(files)
        audit = AuditTrail(configuration.trust.auditFile, topic: configuration.eventTopic, context: context)
        runs = try CommandRuns(
            runtime: context.runtimeDirectory, boot: boot, bounds: configuration.output,
            pulse: context.agent.pulse(of: "runs"), logger: context.logger)
        runs.begin(
            RunLoop.Handlers(
                ended: { [weak self] in self?.ended($0) },
                turn: { [weak self] in self?.turn() ?? false },
                isWanted: { [weak self] in self?.needs($0) ?? true }
            ))
        audit.wakes { [weak self] in self?.wake() }
        for warning in journal.warnings { context.logger.warning("\(warning)") }
        beginTrust()
        try recover()
    }

    /// The topics that tasks come by.
    var commandTopics: [TopicFilter] { state.withLock { $0.pairs.map { TopicFilter($0.command) } } }

    /// How many tasks ended how.
    var counters: TaskCounters { state.withLock { $0.counters } }

    /// Whether the file of a run is needed: until the journal has its end, and the archive its output.
    func needs(_ run: RunID) -> Bool {
        archive.isTaking(run) || state.withLock { $0.table.needs(run) }
    }

    /// Has the thread of the runs look after what waits.
    func wake() { runs.wake() }

    /// What runs and waits now.
    func summary() -> (running: [AcceptedTask], runningCount: Int, queuedCount: Int) {
        state.withLock { ($0.table.runningTasks.map(\.task), $0.table.runningCount, $0.table.queuedCount) }
    }

    /// Uses another catalog for the tasks to come.
    func use(_ catalog: CommandCatalog) {
        state.withLock { $0.catalog = catalog }
    }

    /// Uses other topics and bounds for the tasks to come.
    func use(_ configuration: RemoteExecutor.Configuration) {
        state.withLock { state in
            state.pairs = configuration.pairs
            state.catalog = configuration.catalog
            state.window = configuration.window
            state.gate.verification.window = configuration.window
            state.gate.verification.window.isRequired = true
            state.table.mostRunning = configuration.mostRunning
            state.table.mostQueued = configuration.mostQueued
        }
        audit.use(configuration.trust.auditFile, topic: configuration.eventTopic)
        use(configuration.trust)
        wake()
    }

    /// Starts nothing more; what runs goes on without us, and what waits is started by the next agent.
    func stop() {
        state.withLock { $0.table.stop() }
        runs.stop()
        summarizeExpired(isLast: true)
        try? journal.flush(now: context.clock.now)
        audit(.agentStopped)
        audit.stop()
    }

    func log(_ event: Logger.Message, _ message: TaskMessage, _ code: ResultCode? = nil) {
        guard context.logger.logLevel <= .info else { return }
        context.logger.info(event, metadata: metadata(of: message, code))
    }

    /// What the log tells of a task.
    func metadata(of message: TaskMessage, _ code: ResultCode?) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["task.id": "\(message.taskID)", "task.verb": "\(message.verb.word)"]
        metadata["task.service"] = message.service.map { "\($0)" }
        metadata["task.command"] = message.command.map { "\($0)" }
        metadata["task.key"] = (message.auth?.keyID).map { "\($0)" }
        metadata["task.from"] = message.from.map { "\($0)" }
        metadata["task.reason"] = message.reason.map { "\($0)" }
        metadata["task.code"] = code.map { "\($0)" }
        return metadata
    }
}
