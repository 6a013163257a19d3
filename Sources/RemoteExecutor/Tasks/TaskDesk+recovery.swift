internal import CommandCatalog
internal import Logging
internal import PluginKit
internal import Signatures
internal import Synchronization

/// Takes over what an agent before this one left: decided for each task by what is found, never by guess.
///
/// | journal | found | what happens |
/// |---|---|---|
/// | accepted | | it waits again, unless its time is over |
/// | starting, of this boot | its run's file | see ``RunFile/Evidence``: it ended, goes on, was never started, or nobody knows |
/// | starting, of another boot | | interrupted, once; or it waits again, where its command says so |
/// | finished | | it is answered again |
/// | announced | its run's output | it is kept |
extension TaskDesk {
    func recover() throws {
        let now = context.clock.now
        var attaching: [RunRequests.Start] = []
        var endings: [TaskEnding] = []
        for entry in try journal.unfinished() {
            guard let message = try? TaskMessage(entry.payload), let forgotten = Command.forgotten(message) else {
                // No release of ours writes such a row; it must not be in the way for ever.
                journal.defer(.announced(number: entry.number))
                continue
            }
            switch entry.stage {
            case .finished, .announced:
                if let run = entry.run { archive.take(runs.file(RunID(rawValue: run)), of: entry.number) }
                announce(entry, message)
            case .accepted, .starting: take(entry, message, forgotten, now: now, &attaching, &endings)
            }
        }
        try recallSignedIDs()
        if !attaching.isEmpty || !endings.isEmpty {
            context.logger.notice(
                "tasks of the agent before this one are taken over",
                metadata: ["tasks.running": "\(attaching.count)", "tasks.ended": "\(endings.count)"])
        }
        settle(endings)
        runs.attach(attaching)
        try keepLeftOutput()
        wake()
    }

    /// Knows again which ids holders of keys used lately.
    private func recallSignedIDs() throws {
        guard state.withLock({ $0.gate.demandsSignatures }) else { return }
        let signed = try journal.latest(Self.mostRecalled).reversed().compactMap { entry in
            (try? TaskMessage(entry.payload)).flatMap { message in
                message.auth.map { (id: message.taskID, key: $0.keyID, digest: entry.digest) }
            }
        }
        state.withLock { state in
            for use in signed { state.signedIDs.note(use.id, by: use.key, for: use.digest, .taken) }
        }
    }

    /// As many as a busy host takes in the five minutes within which a signed task may come, read in some milliseconds.
    private static let mostRecalled = 1000

    /// Keeps what commands printed whose results the broker had, when their agent was killed before it had kept it.
    private func keepLeftOutput() throws {
        let left = RunFile.all(in: context.runtimeDirectory).map(\.file).filter { $0.hasSpool && !needs($0.run) }
        guard !left.isEmpty else { return }
        let numbers = try journal.announcedRuns()
        for file in left {
            if let number = numbers[file.run.rawValue] { archive.take(file, of: number) }
        }
    }

    private func take(
        _ entry: Journal.Entry, _ message: TaskMessage, _ forgotten: Command, now: Timestamp,
        _ attaching: inout [RunRequests.Start],
        _ endings: inout [TaskEnding]
    ) {
        let isStarting = entry.stage == .starting
        let isOfThisBoot = isStarting && entry.boot == boot
        let (sender, doubt) = (sender(of: message), state.withLock { $0.gate.objection(toTakenOver: message) })
        let (command, preparation): (Command, ReplacementPreparation?)
        do throws(CatalogError) {
            (command, preparation) = try work(of: message)
        } catch {
            (command, preparation) = (forgotten, nil)
            if !isStarting {
                return endings.append(ending(entry, message, command, .refused(error)))
            }
        }
        if isOfThisBoot, let run = entry.run.map(RunID.init(rawValue:)) {
            let task = restore(entry, message, command, preparation, run: run)
            if let start = task.start { attaching.append(start) }
        } else if isStarting, !command.settings.rerunsWhenInterrupted {
            endings.append(ending(entry, message, command, .interrupted))
        } else if let outcome = doubt
            ?? state.withLock({ objection(toStarting: message, from: sender, &$0, now: now) })
        {
            // Of what was started nobody may say that it was not.
            endings.append(ending(entry, message, command, isStarting ? .interrupted : outcome))
        } else {
            _ = restore(entry, message, command, preparation, run: nil)
        }
    }

    private func restore(
        _ entry: Journal.Entry, _ message: TaskMessage, _ command: Command, _ preparation: ReplacementPreparation?,
        run: RunID?
    ) -> AcceptedTask {
        var task = task(entry, message, command, run: run)
        task.preparation = preparation
        state.withLock { $0.table.restore(task, entry.number) }
        return task
    }

    private func ending(
        _ entry: Journal.Entry, _ message: TaskMessage, _ command: Command, _ outcome: TaskOutcome
    ) -> TaskEnding {
        TaskEnding(
            number: entry.number, task: task(entry, message, command, run: nil), outcome: outcome, run: nil)
    }

    private func task(
        _ entry: Journal.Entry, _ message: TaskMessage, _ command: Command, run: RunID?
    ) -> AcceptedTask {
        AcceptedTask(
            message: message, payload: [], digest: entry.digest, command: command,
            pass: Pass(sender: sender(of: message)), origins: [origin(of: entry)], accepted: entry.accepted,
            keeping: .journal, run: run)
    }

    /// Who asked for a task that an agent before this one accepted, perhaps when no key was known and any was believed.
    private func sender(of message: TaskMessage) -> Sender {
        let gate = state.withLock { $0.gate }
        guard let auth = message.auth, gate.demandsSignatures, gate.objection(toTakenOver: message) == nil else {
            return .unsigned
        }
        // Whose key is not there any more is named all the same, so that his task does not start.
        return Sender(key: auth.keyID, roles: gate.verification.ring.keys[auth.keyID]?.roles ?? [])
    }

    /// Where the task came from; a topic that is not configured any more is no reason not to answer.
    func origin(of entry: Journal.Entry) -> Origin {
        let pairs = state.withLock { $0.pairs }
        let pair = pairs.first { $0.command.description == entry.commandTopic } ?? pairs.last
        guard let pair else { preconditionFailure("a configuration has a pair of topics") }
        return Origin(pair: pair, broker: entry.broker.isEmpty ? nil : entry.broker)
    }
}
