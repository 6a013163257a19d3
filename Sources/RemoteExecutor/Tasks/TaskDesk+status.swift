internal import CommandCatalog
internal import JSON
internal import PluginKit
internal import Policy
internal import Signatures
internal import Synchronization

/// What the desk tells of itself.
extension TaskDesk {
    /// As many tasks as a person reads, and an answer may hold.
    private static let mostTold = 100

    /// The service `agent`.
    var agentService: AgentService {
        AgentService(
            status: { [context] in context.agent.status }, metrics: { [context] in context.agent.metrics },
            tasks: { self.tasks }, task: { self.story(of: $0) },
            history: { [context] in context.agent.configurationReplacer?.history(of: $0) })
    }

    /// What was dropped or could not be kept, and what is kept, as metrics.
    func storage(_ context: PluginContext) -> [Metric] {
        let (counters, output, audited) = (journal.counters, archive.counters, audit.counters)
        func derive(_ name: String, _ value: Int) -> Metric {
            context.metric("derive", typeInstance: name, [DataSource(.derive(Int64(value)))])
        }
        func gauge(_ type: String, _ name: String, _ value: Int) -> Metric {
            context.metric(type, typeInstance: name, [DataSource(.gauge(Double(value)))])
        }
        let daysLeft = daysOfSoonestKey.map { [gauge("gauge", "days-to-end-of-key", $0)] } ?? []
        return daysLeft + [
            gauge("count", "journal-digests", counters.digests),
            gauge("bytes", "journal-answers", counters.answerBytes),
            gauge("bytes", "output-kept", output.bytes),
            derive("journal-digests-given-way", counters.digestsGivenWay),
            derive("journal-answers-given-way", counters.answersGivenWay),
            derive("journal-failed-commits", counters.failedCommits),
            derive("audit-lines", audited.written), derive("audit-lost", audited.lost),
            derive("audit-refusals-without-line", audited.unwritten),
            derive("refusals-unanswered", state.withLock { $0.refusalAnswers.withheld }),
            derive("repeats-unanswered", state.withLock { $0.repeatedAnswers.withheld }),
            derive("output-removed", output.removed), derive("output-lost", output.lost),
        ]
    }

    /// What must be as it should be for tasks to run, each 1 or 0.
    func health(_ context: PluginContext) -> [Metric] {
        let facts = [
            ("runner-ready", runs.isRunnerReady), ("journal-ok", journal.state == .ok),
            ("clock-trusted", !isClockSuspect(now: context.clock.now)),
        ]
        return facts.map { name, isSo in context.metric("gauge", typeInstance: name, [DataSource(.gauge(isSo ? 1 : 0))])
        }
    }

    /// Whole days until the first trusted key ends; `nil`: none ends.
    private var daysOfSoonestKey: Int? {
        let now = context.clock.now
        let ends = state.withLock { $0.gate.verification.ring }.keys.values.filter { !$0.isRevoked }
            .compactMap(\.notAfter).filter { $0 > now }
        return ends.min().map { Int(($0.nanoseconds - now.nanoseconds) / 86_400_000_000_000) }
    }

    /// What senders must know to be heard, and to know who answers.
    var trustStatus: JSONObject {
        let (gate, challenge, key) = state.withLock { ($0.gate, $0.challenges.current, $0.hostKey) }
        var status: JSONObject = ["signed": .bool(gate.demandsSignatures)]
        let errors = trustErrors
        if gate.demandsSignatures {
            status["key"] = key.map { .string($0.verificationKey.description) }
            status["challenge"] = .string(challenge)
            var keys: JSONObject = ["count": .integer(Int64(gate.verification.ring.keys.count))]
            keys["error"] = errors.keys.map(JSONValue.string)
            let ending = gate.verification.ring.ending(within: KeyEndWarnings.thresholds[0], of: context.clock.now)
            if !ending.isEmpty {
                keys["ending"] = .object(
                    JSONObject(
                        ending.compactMap { key in
                            key.notAfter.map { (key.id.description, .string($0.description)) }
                        }))
            }
            status["keys"] = .object(keys)
        }
        if gate.demandsSignatures || gate.policy != nil {
            var policy: JSONObject = ["rules": .integer(Int64(gate.policy?.count ?? 0))]
            policy["error"] = errors.policy.map(JSONValue.string)
            status["policy"] = .object(policy)
        }
        return status
    }

    /// What runs, what waits, and what ended last.
    private var tasks: JSONObject {
        let (running, queued) = state.withLock { ($0.table.runningTasks, $0.table.queuedTasks) }
        let ended = ((try? journal.latest(Self.mostTold)) ?? []).filter { $0.code != nil }
        return [
            "v": 1, "host": .string(context.host.identity.description), "time": .string(context.clock.now.description),
            "running": .array(running.prefix(Self.mostTold).map { .object($0.task.summary(state: "running")) }),
            "queued": .array(queued.prefix(Self.mostTold).map { .object($0.task.summary(state: "queued")) }),
            "finished": .array(ended.map { .object($0.summary) }),
        ]
    }

    /// All that is known of the tasks with this id, the newest last.
    private func story(of id: TaskID) -> JSONObject? {
        let entries = (try? journal.entries(taskID: id.json.text)) ?? []
        guard !entries.isEmpty else { return nil }
        return [
            "v": 1, "host": .string(context.host.identity.description), "task_id": id.json,
            "tasks": .array(entries.map { .object($0.story) }),
        ]
    }
}

extension AcceptedTask {
    /// What the list of tasks tells; parameters may be secret and are left out.
    func summary(state: String) -> JSONObject {
        var object: JSONObject = ["task_id": message.taskID.json, "state": .string(state)]
        object["service"] = .string(command.service.text)
        object["command"] = .string(command.name.text)
        object["accepted"] = .string(accepted.description)
        object["from"] = message.from.map(JSONValue.string)
        object["reason"] = message.reason.map(JSONValue.string)
        object["durable"] = .bool(keeping != .memory)
        return object
    }
}

extension Journal.Entry {
    /// What the list of tasks tells.
    fileprivate var summary: JSONObject {
        var object: JSONObject = [
            "task_id": (try? JSONText(Array("[\(taskID)]".utf8)))?.value.array?.first ?? .string(taskID)
        ]
        object["state"] = state.map(JSONValue.string)
        if let message = try? TaskMessage(payload) {
            object["service"] = message.service.map { .string($0.text) }
            object["command"] = message.command.map { .string($0.text) }
            object["from"] = message.from.map(JSONValue.string)
            object["reason"] = message.reason.map(JSONValue.string)
        }
        object["code"] = code.map { .integer(Int64($0)) }
        object["accepted"] = .string(accepted.description)
        object["started"] = started.map { .string($0.description) }
        object["finished"] = finished.map { .string($0.description) }
        return object
    }

    /// The whole story.
    fileprivate var story: JSONObject {
        var object = summary
        object["stage"] = .string("\(stage)")
        object["digest"] = .string("\(digest)")
        object["broker"] = broker.isEmpty ? nil : .string(broker)
        object["topic"] = .string(commandTopic)
        object["run"] = run.map { .string(RunID(rawValue: $0).marker) }
        object["boot_id"] = boot.isEmpty ? nil : .string(boot)
        object["message"] = message.map(JSONValue.string)
        return object
    }
}

extension Journal.State {
    /// The word of the status: `ok`, `full`, `readonly` or `failed`.
    var word: String {
        switch self {
        case .ok: "ok"
        case .full: "full"
        case .readOnly: "readonly"
        case .failed: "failed"
        }
    }
}
