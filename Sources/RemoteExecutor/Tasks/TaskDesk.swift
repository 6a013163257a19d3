internal import CommandCatalog
internal import JSON
internal import Logging
internal import PluginKit
internal import Synchronization

/// Takes tasks in, has their commands run, and answers: the effects around ``TaskTable``'s decisions.
///
/// ``handle(_:)`` runs on the MQTT thread and the completion of a command on the children's thread; neither waits.
final class TaskDesk: Sendable {
    private struct State: ~Copyable {
        var table: TaskTable
        var catalog: CommandCatalog
        var pairs: [TopicPair]
        var counters = TaskCounters()
        var unreadable = LogThrottle()
    }

    /// How long commands may go on when the agent stops, and how long SIGTERM gives them then.
    static let patience: Duration = .seconds(7)
    static let grace: Duration = .seconds(1)

    private let context: PluginContext
    private let children: ChildProcesses
    private let state: Mutex<State>

    init(_ configuration: RemoteExecutor.Configuration, context: PluginContext) throws {
        self.context = context
        children = try ChildProcesses()
        let table = TaskTable(mostRunning: configuration.mostRunning, mostQueued: configuration.mostQueued)
        state = Mutex(State(table: table, catalog: configuration.catalog, pairs: configuration.pairs))
    }

    /// The topics that tasks come by.
    var commandTopics: [TopicFilter] { state.withLock { $0.pairs.map { TopicFilter($0.command) } } }

    /// Uses another catalog for the tasks to come.
    func use(_ catalog: CommandCatalog) {
        state.withLock { $0.catalog = catalog }
    }

    /// Uses other topics and bounds for the tasks to come.
    func use(_ configuration: RemoteExecutor.Configuration) {
        state.withLock { state in
            state.pairs = configuration.pairs
            state.catalog = configuration.catalog
            state.table.mostRunning = configuration.mostRunning
            state.table.mostQueued = configuration.mostQueued
        }
        startReady()
    }

    /// Deals with a message of a command topic.
    func handle(_ message: MQTTMessage) {
        guard let pair = state.withLock({ $0.pairs.first { $0.command.description == message.topic } }) else { return }
        do throws(TaskMessageError) {
            handle(try TaskMessage(message.payload), by: pair)
        } catch {
            refuse(error, by: pair)
        }
    }

    /// What runs and waits now.
    func summary() -> (running: [AcceptedTask], runningCount: Int, queuedCount: Int) {
        state.withLock { ($0.table.runningTasks, $0.table.runningCount, $0.table.queuedCount) }
    }

    /// How many tasks ended how.
    var counters: TaskCounters { state.withLock { $0.counters } }

    /// Accepts nothing more, answers what waits, gives what runs ``patience`` and then ends it; every task is answered.
    func stop() async {
        for task in state.withLock({ $0.table.stop() }) { finish(task, .neverStarted) }
        await waitForCommands(atMost: Self.patience)
        children.endAll(grace: Self.grace)
        await waitForCommands(atMost: Self.grace + .seconds(1))
        children.shutdown()
    }

    private func handle(_ message: TaskMessage, by pair: TopicPair) {
        guard case .command(let request) = message.verb else {
            return answer(
                message.taskID, TaskOutcome(code: .notImplemented, message: "Not implemented: \(message.verb.word)"),
                by: pair)
        }
        let (objection, catalog) = state.withLock { ($0.table.objection(to: message), $0.catalog) }
        if let objection { return settle(objection, message, by: pair) }
        if let outcome = AgentService(status: context.agentStatus).outcome(of: request) {
            return answer(message.taskID, outcome, by: pair)
        }
        do throws(CatalogError) {
            let command = try catalog.command(for: request)
            let task = AcceptedTask(message: message, command: command, pair: pair, accepted: context.clock.now)
            settle(state.withLock { $0.table.accept(task) }, message, by: pair)
        } catch {
            answer(message.taskID, .refused(error), by: pair)
        }
    }

    private func settle(_ acceptance: TaskTable.Acceptance, _ message: TaskMessage, by pair: TopicPair) {
        switch acceptance {
        case .accepted:
            log("task accepted", message)
            startReady()
        case .repeated: state.withLock { $0.counters.count(.repeated) }
        case .idInUse: answer(message.taskID, .idInUse(message.taskID), by: pair)
        case .queueFull: answer(message.taskID, .queueFull(state.withLock { $0.table.mostQueued }), by: pair)
        case .stopping: answer(message.taskID, .stopping, by: pair)
        }
    }

    private func startReady() {
        // Within the lock, so that two threads cannot swap the order of two starts. A completion never comes on this
        // thread: that is so only after shutdown(), and by then the table starts nothing more.
        state.withLock { state in
            while let (number, task) = state.table.start() {
                children.start(task.command, run: RunID()) { [self] outcome in finish(number, outcome) }
            }
        }
    }

    private func finish(_ number: TaskTable.Number, _ outcome: ChildOutcome) {
        guard let task = state.withLock({ $0.table.finish(number) }) else { return }
        logErrorText(of: outcome, task)
        finish(task, TaskOutcome(outcome))
        startReady()
    }

    private func finish(_ task: AcceptedTask, _ outcome: TaskOutcome) {
        log("task finished", task.message, outcome.code)
        answer(task.message.taskID, outcome, by: task.pair)
    }

    private func refuse(_ error: TaskMessageError, by pair: TopicPair) {
        if let taskID = error.taskID {
            return answer(taskID, TaskOutcome(code: error.code, message: error.message), by: pair)
        }
        let suppressed = state.withLock { state in
            state.counters.count(.unreadable)
            return state.unreadable.pass(at: context.clock.uptime)
        }
        guard let suppressed else { return }
        context.logger.warning(
            "a message is no task and cannot be answered; ignoring it",
            metadata: [
                "mqtt.topic": "\(pair.command)", "reason": "\(error.message)", "more.since.last": "\(suppressed)",
            ]
        )
    }

    private func answer(_ id: TaskID, _ outcome: TaskOutcome, by pair: TopicPair) {
        state.withLock { $0.counters.count(outcome.code) }
        let result = TaskResult(taskID: id, timestamp: context.clock.now, message: outcome.message, code: outcome.code)
        context.dispatcher.dispatch(result)
        guard let topic = pair.result else { return }
        context.mqtt.publish(
            MQTTMessage(topic: topic.description, payload: result.json.bytes, quality: pair.quality)
        )
    }

    private func waitForCommands(atMost patience: Duration) async {
        let deadline = context.clock.uptime + patience
        while children.running > 0, context.clock.uptime < deadline, !Task.isCancelled {
            try? await context.clock.sleep(for: .milliseconds(20))
        }
    }

    private func log(_ event: Logger.Message, _ message: TaskMessage, _ code: ResultCode? = nil) {
        guard context.logger.logLevel <= .info else { return }
        var metadata: Logger.Metadata = [
            "task.id": "\(message.taskID)", "task.service": "\(message.service?.text ?? "")",
            "task.command": "\(message.command?.text ?? "")",
        ]
        metadata["task.from"] = message.from.map { "\($0)" }
        metadata["task.reason"] = message.reason.map { "\($0)" }
        metadata["task.code"] = code.map { "\($0)" }
        context.logger.info(event, metadata: metadata)
    }

    /// Standard error is no part of the answer, as with the predecessor, but an operator can find it.
    private func logErrorText(of outcome: ChildOutcome, _ task: AcceptedTask) {
        guard outcome.stderr.count > 0 else { return }
        context.logger.notice(
            "a command wrote to standard error",
            metadata: ["task.id": "\(task.message.taskID)", "task.stderr": "\(outcome.stderr.message.suffix(2048))"]
        )
    }
}
