internal import Audit
internal import CommandCatalog
internal import Digest
internal import JSON
internal import Logging
internal import PluginKit
internal import Signatures
internal import Synchronization

/// What is told to senders.
extension TaskDesk {
    /// Answers a message that became no task, or whose task needs no run.
    func answer(_ message: TaskMessage, _ outcome: TaskOutcome, to origin: Origin, by pass: Pass = Pass()) {
        let isRefused = !outcome.code.isExitStatus
        if isRefused {
            note(refusalOf: message, outcome, by: pass)
        } else {
            // What was asked again was noted then; whoever has captured a question could fill the audit with it.
            if !pass.isAskedAgain { audit.record { [auditEntry(.finished, message, pass, outcome: outcome)] } }
            count(outcome.code)
        }
        if message.reply.events, isRefused {
            publish(.refused(outcome.code), of: message.taskID, sequence: 0, to: [origin])
        }
        let result = result(message, outcome, by: pass.sender, at: context.clock.now, isDurable: false)
        context.dispatcher.dispatch(result)
        // It is true of this message only: whoever spoils the signature of another's task gets a refusal that is his own.
        publish(result, of: message.messageDigest, to: origin)
    }

    /// Counts, notes and logs a refusal, whether it is answered or not.
    func note(refusalOf message: TaskMessage, _ outcome: TaskOutcome, by pass: Pass) {
        audit.record(refusal: { auditEntry(.refused, message, pass, outcome: outcome) })
        logRefusal(message, outcome)
        count(outcome.code)
    }

    /// Whoever is refused as often as he can fills no log, and is noticed.
    private func logRefusal(_ message: TaskMessage, _ outcome: TaskOutcome) {
        let uptime = context.clock.uptime
        guard let suppressed = state.withLock({ $0.refusals.pass(at: uptime) }) else { return }
        var metadata = metadata(of: message, outcome.code)
        metadata["reason"] = "\(outcome.message)"
        metadata["more.since.last"] = "\(suppressed)"
        context.logger.notice("task refused", metadata: metadata)
        guard outcome.code == .notAuthentic || outcome.code == .denied else { return }
        context.dispatcher.dispatch(
            Notification(
                severity: .warning, time: context.clock.now,
                message: "a task was refused, and \(suppressed) before it: \(outcome.message)",
                identity: MetricIdentity(
                    host: context.host.identity.description, plugin: context.plugin, pluginInstance: context.instance,
                    type: "total_requests", typeInstance: TaskCounters.Outcome(outcome.code).rawValue)))
    }

    /// Answers a message that cannot be read but for its id.
    func answer(_ id: TaskID, _ outcome: TaskOutcome, to origin: Origin) {
        count(outcome.code)
        audit.record(refusal: { auditEntry(refusing: id, outcome) })
        let result = TaskResult(taskID: id, timestamp: context.clock.now, message: outcome.message, code: outcome.code)
        context.dispatcher.dispatch(result)
        publish(result, of: nil, to: origin)
    }

    /// Answers an accepted task that is refused after all.
    func answer(_ task: AcceptedTask, _ outcome: TaskOutcome) {
        for origin in task.origins { answer(task.message, outcome, to: origin, by: task.pass) }
    }

    /// What the journal keeps of an end.
    func finish(_ ending: TaskEnding, now: Timestamp) -> Journal.Finish {
        let (message, outcome) = (ending.task.message, ending.outcome)
        let isDetailed = message.reply.detail
        let result = isDetailed ? detailed(ending, at: now, isDurable: ending.task.keeping == .journal) : nil
        return Journal.Finish(
            code: outcome.code.rawValue, state: TaskResult.State(outcome.code).rawValue, message: outcome.message,
            detail: result?.json.bytes ?? [], finished: now, started: ending.run?.started)
    }

    /// Tells everybody who waits for it that a task ended.
    func tell(_ ending: TaskEnding, _ finish: Journal.Finish, isDurable: Bool) {
        let (task, outcome) = (ending.task, ending.outcome)
        log("task finished", task.message, outcome.code)
        logErrorText(ending)
        count(outcome.code)
        let result =
            task.message.reply.detail
            ? detailed(ending, at: finish.finished, isDurable: isDurable)
            : TaskResult(
                taskID: task.message.taskID, timestamp: finish.finished, message: outcome.message, code: outcome.code)
        context.dispatcher.dispatch(result)
        if task.message.reply.follow, let run = task.run { followToEnd(ending.number, task, run) }
        if task.message.reply.events { tell(.finished(outcome.code), of: task) }
        if !isDurable { state.withLock { $0.remembered.remember(result, of: task.digest) } }
        for origin in close(ending, isSaved: isDurable || task.keeping != .journal) {
            publish(result, of: task.digest, to: origin, finishing: isDurable ? ending.number : nil)
        }
    }

    /// Whoever asked up to now gets this answer; who asks later finds it in the journal, or in the memory.
    private func close(_ ending: TaskEnding, isSaved: Bool) -> [Origin] {
        state.withLock { state in
            let origins = state.table[ending.number]?.origins ?? ending.task.origins
            if isSaved { state.table.forget(ending.number) }
            return origins
        }
    }

    /// Answers again what a task before this message was answered.
    func replay(_ entry: Journal.Entry, _ message: TaskMessage, to origin: Origin) {
        replay(stored(entry, message), message, to: origin)
    }

    func replay(_ result: TaskResult, _ message: TaskMessage, to origin: Origin) {
        state.withLock { $0.counters.count(.repeated) }
        var result = result
        result.detail?.isReplayed = true
        publish(result, of: message.digest, to: origin)
    }

    /// Answers what an agent before this one did not get through to the broker.
    func announce(_ entry: Journal.Entry, _ message: TaskMessage) {
        publish(stored(entry, message), of: entry.digest, to: origin(of: entry), finishing: entry.number)
    }

    /// Tells those who asked for it what happens to a task.
    func tell(_ kind: TaskEvent.Kind, of task: AcceptedTask) {
        guard task.message.reply.events else { return }
        publish(kind, of: task.message.taskID, sequence: nextSequence(task), to: task.origins)
    }

    /// Publishes an event on the host's own topic; the predecessor's topics know only results.
    func publish(_ kind: TaskEvent.Kind, of id: TaskID, sequence: Int64, to origins: [Origin]) {
        let event = TaskEvent(
            taskID: id, host: context.host.identity.description, sequence: sequence, time: context.clock.now,
            kind: kind)
        for origin in origins {
            guard let topic = origin.pair.event else { continue }
            context.mqtt.publish(
                MQTTMessage(topic: topic.description, payload: event.json.bytes, broker: origin.broker))
        }
    }

    /// The number of a task's next event.
    func nextSequence(_ task: AcceptedTask) -> Int64 {
        state.withLock { state in
            state.table.number(of: task.digest).map { state.table.nextEvent(of: $0) } ?? 0
        }
    }

    private func count(_ code: ResultCode) {
        state.withLock { $0.counters.count(code) }
    }

    /// Publishes a result, signed if the host has a key for that.
    ///
    /// - Parameters:
    ///   - result: The result.
    ///   - digest: What the task is known by that came to this, or the message that was answered without becoming one;
    ///     `nil`: nobody knows, so it cannot be signed.
    ///   - origin: Who asked.
    ///   - number: The task that has its answer when the broker has this.
    private func publish(
        _ result: TaskResult, of digest: TaskDigest?, to origin: Origin, finishing number: Int64? = nil
    ) {
        guard let topic = origin.pair.result else {
            if let number { journal.defer(.announced(number: number)) }
            return
        }
        let message = MQTTMessage(
            topic: topic.description, payload: signed(result, digest).bytes, quality: origin.pair.quality,
            broker: origin.broker)
        guard let number else { return context.mqtt.publish(message) }
        context.mqtt.publish(message) { [weak self] isDelivered in
            guard let self, isDelivered else { return }
            announced(number)
        }
    }

    private func signed(_ result: TaskResult, _ digest: TaskDigest?) -> JSONValue {
        let json = result.json
        // A plain answer has its four members, as the predecessor's.
        guard result.detail != nil, let digest, let object = json.object, let key = state.withLock({ $0.hostKey })
        else { return json }
        return .object(
            ResultSignature.sign(object, host: context.host.identity.description, task: digest, with: key))
    }

    /// The broker has the result; that may be forgotten in a power loss, after which it is only told once more.
    private func announced(_ number: Int64) {
        journal.defer(.announced(number: number))
        let due = context.clock.uptime + Self.flushInterval
        let isFirst = state.withLock { state in
            guard state.flushDue == nil else { return false }
            state.flushDue = due
            return true
        }
        if isFirst { wake() }
    }

    /// How long the journal may not know what the broker has; a busy agent commits more often anyway.
    private static let flushInterval: Duration = .seconds(2)

    private func stored(_ entry: Journal.Entry, _ message: TaskMessage) -> TaskResult {
        if let detail = entry.detail, !detail.isEmpty, let text = try? JSONText(detail, allowsNUL: true),
            let result = TaskResult(json: text.value)
        {
            return result
        }
        let lost = "The answer is not kept any more; the code is what the task was answered"
        return TaskResult(
            taskID: message.taskID, timestamp: entry.finished ?? context.clock.now, message: entry.message ?? lost,
            code: ResultCode(rawValue: entry.code ?? ResultCode.interrupted.rawValue))
    }

    private func result(
        _ message: TaskMessage, _ outcome: TaskOutcome, by sender: Sender, at time: Timestamp, isDurable: Bool
    ) -> TaskResult {
        var result = TaskResult(
            taskID: message.taskID, timestamp: time, message: outcome.message, code: outcome.code)
        guard message.reply.detail else { return result }
        var detail = TaskResult.Detail(
            host: context.host.identity.description, bootID: boot, state: TaskResult.State(outcome.code),
            reason: outcome.reason ?? ResultReason(outcome.code))
        detail.finished = time
        detail.by = TaskResult.Origin(
            key: sender.key?.description, role: sender.roles.isEmpty ? nil : sender.roles.joined(separator: ", "),
            from: message.from, reason: message.reason)
        detail.catalog = state.withLock { $0.catalogDigest }
        detail.isDurable = isDurable
        result.detail = detail
        return result
    }

    private func detailed(_ ending: TaskEnding, at time: Timestamp, isDurable: Bool) -> TaskResult {
        var result = result(
            ending.task.message, ending.outcome, by: ending.task.pass.sender, at: time, isDurable: isDurable)
        result.detail?.accepted = ending.task.accepted
        guard let run = ending.run else { return result }
        switch run.ending {
        case .exited(let status): result.detail?.exit = Int(status)
        case .signaled(let signal):
            result.detail?.signal = Int(signal)
            result.detail?.reason = .signalled
        case .timedOut, .cancelled, .interrupted, .notStarted: break
        }
        result.detail?.started = run.started
        result.detail?.finished = run.ended ?? time
        result.detail?.duration = run.duration
        result.detail?.stdout = TaskResult.Output(run.stdout)
        result.detail?.stderr = TaskResult.Output(run.stderr)
        return result
    }

    /// Standard error is no part of the plain answer, as with the predecessor, but an operator can find it.
    private func logErrorText(_ ending: TaskEnding) {
        guard let run = ending.run, run.stderr.count > 0 else { return }
        context.logger.notice(
            "a command wrote to standard error",
            metadata: [
                "task.id": "\(ending.task.message.taskID)", "task.stderr": "\(run.stderr.message.suffix(2048))",
            ]
        )
    }
}

extension TaskResult.Output {
    /// What the answer tells of a stream.
    fileprivate init(_ output: RunOutput) {
        self.init(
            text: output.message, bytes: Int64(output.count), kept: Int64(output.fetchable),
            sha256: output.digest?.description)
    }
}
