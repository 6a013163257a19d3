internal import Audit
internal import CommandCatalog
internal import JSON
internal import PluginKit
internal import Signatures
internal import Synchronization

/// What the audit is told.
extension TaskDesk {
    /// A line about a task that came to this.
    func auditEntry(
        _ event: AuditEntry.Event, _ message: TaskMessage, _ pass: Pass, outcome: TaskOutcome? = nil,
        command: Command? = nil
    ) -> AuditEntry {
        var entry = AuditEntry(event, at: context.clock.now)
        entry.taskID = message.taskID
        entry.kind = message.verb.word
        (entry.key, entry.roles) = (pass.sender.key?.description, pass.sender.roles)
        entry.from = message.from
        entry.why = message.reason
        entry.target = message.auth?.target ?? message.target
        entry.service = message.service?.text
        entry.command = message.command?.text
        entry.digest = message.digest.description
        entry.verdict = pass.verdict
        entry.note = message.replacement?.contentDigest.map { "sha256 of the configuration: \($0)" }
        if let command, !command.hasSecrets { entry.parameters = message.parameters.map(JSONObject.init(parameters:)) }
        if let outcome {
            entry.code = outcome.code.rawValue
            entry.reason = (outcome.reason ?? ResultReason(outcome.code))?.rawValue
        }
        return entry
    }

    func auditEntry(_ event: AuditEntry.Event, _ task: AcceptedTask, outcome: TaskOutcome? = nil) -> AuditEntry {
        auditEntry(
            event, task.message, task.pass, outcome: outcome, command: event == .accepted ? task.command : nil)
    }

    /// Notes what was taken and what starts now, in one go.
    func record(accepting batch: [TaskTable.Number], starting: [TaskTable.Number]) {
        audit.record {
            let (accepted, started) = state.withLock { state in
                (batch.compactMap { state.table[$0] }, starting.compactMap { state.table[$0] })
            }
            return accepted.map { auditEntry(.accepted, $0) } + started.map { auditEntry(.started, $0) }
        }
    }

    /// Notes what ended and what starts now, in one go.
    func record(_ endings: [TaskEnding], starting: [TaskTable.Number]) {
        audit.record {
            let started = state.withLock { state in starting.compactMap { state.table[$0] } }
            return endings.map { auditEntry(.finished, $0.task, outcome: $0.outcome) }
                + started.map { auditEntry(.started, $0) }
        }
    }

    /// A line about a message of which only the id could be read.
    func auditEntry(refusing id: TaskID, _ outcome: TaskOutcome) -> AuditEntry {
        var entry = AuditEntry(.refused, at: context.clock.now)
        entry.taskID = id
        entry.code = outcome.code.rawValue
        entry.reason = ResultReason(outcome.code)?.rawValue
        return entry
    }

    /// Lines about other keys and another policy, or about those that were refused.
    func auditEntries(of change: TrustFiles.Change) -> [AuditEntry] {
        let now = context.clock.now
        var entries: [AuditEntry] = []
        if change.hasOtherKeys {
            var entry = AuditEntry(.keys, at: now)
            let ring = state.withLock { $0.gate.verification.ring }
            let names = ring.keys.values.filter { !$0.isRevoked }.map(\.id.description).sorted()
            entry.note = "trusted now: \(names.joined(separator: ", "))"
            entries.append(entry)
        }
        if change.hasOtherPolicy {
            var entry = AuditEntry(.config, at: now)
            entry.note = "another policy is in force"
            entries.append(entry)
        }
        return entries
            + change.mistakes.map { mistake in
                var entry = AuditEntry(.config, at: now)
                entry.note = "not in force: \(mistake)"
                return entry
            }
    }

    /// Notes that the agent started, or stopped, or uses another catalog.
    func audit(_ event: AuditEntry.Event, digest: String? = nil, note: String? = nil) {
        audit.record {
            var entry = AuditEntry(event, at: context.clock.now)
            (entry.digest, entry.note) = (digest, note)
            return [entry]
        }
    }
}

extension JSONObject {
    /// Parameters in the order of their names.
    fileprivate init(parameters: [Name: JSONValue]) {
        self.init(parameters.sorted { $0.key.text < $1.key.text }.map { ($0.key.text, $0.value) })
    }
}
