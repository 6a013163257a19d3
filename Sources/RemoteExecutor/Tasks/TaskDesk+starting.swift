internal import CommandCatalog
internal import JSON
internal import Logging
internal import PluginKit
internal import Signatures
internal import Synchronization

/// From an accepted task to its start.
extension TaskDesk {
    /// Makes the tasks of a broker's batch durable, before any of them is acknowledged, and starts what may start.
    func commit(from broker: String) {
        let now = context.clock.now
        let (batch, starting, late) = state.withLock { state in
            let batch = state.batches.removeValue(forKey: broker) ?? []
            let (starting, late) = startReady(&state, pending: Set(batch), now: now)
            return (batch, starting, late)
        }
        // What came too late is journaled with its batch, and its end after that; or it is refused with its batch.
        defer { settle(open(late)) }
        guard !batch.isEmpty || !starting.isEmpty else { return }
        do {
            try journal.commit(changes(accepting: batch, starting: starting, now: now), now: now)
            state.withLock { $0.table.keep(batch, in: .journal) }
            record(accepting: batch, starting: starting)
            accepted(batch)
            ask(for: starting)
        } catch {
            refuse(batch, starting, because: error)
        }
    }

    /// Those of some ends that are still to be told, with how their tasks are kept by now.
    private func open(_ endings: [TaskEnding]) -> [TaskEnding] {
        state.withLock { state in
            endings.compactMap { ending in
                state.table[ending.number].map {
                    TaskEnding(number: ending.number, task: $0, outcome: ending.outcome, run: nil)
                }
            }
        }
    }

    /// What the journal is told of starts.
    func changes(starting numbers: [TaskTable.Number], now: Timestamp) -> [Journal.Change] {
        state.withLock { state in
            numbers.compactMap { number in
                guard let task = state.table[number], task.keeping == .journal, let run = task.run else { return nil }
                return .starting(number: number, run: run.rawValue, boot: boot, at: now)
            }
        }
    }

    /// Asks for the start of what the journal knows to be starting.
    func ask(for numbers: [TaskTable.Number]) {
        let tasks = state.withLock { state in numbers.compactMap { state.table[$0] } }
        prepare(tasks)
        for task in tasks { tell(.started, of: task) }
        runs.start(tasks.compactMap(\.start))
        // Nothing else would have the output looked at before the end.
        if tasks.contains(where: \.message.reply.follow) { wake() }
    }

    private func changes(
        accepting batch: [TaskTable.Number], starting: [TaskTable.Number], now: Timestamp
    ) -> [Journal.Change] {
        let accepted = Set(batch)
        let acceptances = state.withLock { state in
            batch.compactMap { number in state.table[number].map { (number, $0) } }
        }
        var changes = acceptances.map { Journal.Change.accepted(acceptance($1, $0)) }
        for (_, task) in acceptances {
            guard let cooldown = task.command.settings.cooldown else { continue }
            changes.append(
                .cooldown(
                    service: task.command.service.text, command: task.command.name.text,
                    until: task.accepted + cooldown))
        }
        return changes + self.changes(starting: starting.filter { !accepted.contains($0) }, now: now)
    }

    private func acceptance(_ task: AcceptedTask, _ number: TaskTable.Number) -> Journal.Acceptance {
        let origin = task.origins.first
        return Journal.Acceptance(
            number: number, digest: task.digest, taskID: task.message.taskID.json.text,
            payload: task.payload, commandTopic: origin?.pair.command.description ?? "",
            broker: origin?.broker ?? "", accepted: task.accepted,
            keepUntil: keepUntil(task.message, task.pass, accepted: task.accepted),
            run: task.run?.rawValue, boot: boot
        )
    }

    /// Until when the digest of a task must be known whatever happens, because it would be accepted again.
    private func keepUntil(_ message: TaskMessage, _ pass: Pass, accepted: Timestamp) -> Timestamp? {
        let (plain, signed) = state.withLock { ($0.window, $0.gate.verification.window) }
        guard pass.sender.key != nil else { return plain.end(of: message) }
        let end = signed.end(of: message)
        // A challenge is accepted for two periods at most, whatever the task says of its time.
        guard message.auth?.challenge != nil else { return end }
        return max(end ?? accepted, accepted + ChallengeSource.period * 2)
    }

    private func accepted(_ batch: [TaskTable.Number]) {
        for task in state.withLock({ state in batch.compactMap { state.table[$0] } }) {
            log("task accepted", task.message)
            tell(.accepted, of: task)
        }
    }

    /// The journal takes nothing: only what can do without it runs, all else is refused.
    private func refuse(_ batch: [TaskTable.Number], _ starting: [TaskTable.Number], because error: any Error) {
        let (refused, remembered) = state.withLock { state in
            let tasks = batch.compactMap { number in state.table[number].map { (number, $0) } }
            let remembered = tasks.filter { $1.command.settings.runsWithoutJournal }.map(\.0)
            state.table.keep(remembered, in: .memory)
            let refused = tasks.filter { !$1.command.settings.runsWithoutJournal }
            for (number, task) in refused {
                state.table.forget(number)
                state.cooldowns.end(task.command)
                state.challenged.forget(task.digest)
            }
            // What waited before is in the journal, and waits on until the journal can be told of its start.
            for number in starting where state.table[number]?.keeping == .journal { state.table.unstart(number) }
            let started = starting.filter { state.table[$0]?.keeping == .memory }
            return (refused.map(\.1), started + startRemembered(&state))
        }
        logJournalFailure("the journal takes nothing; tasks are refused", error)
        for task in refused { answer(task, .notStored) }
        record(accepting: remembered, starting: remembered)
        ask(for: remembered)
        // It is tried until it takes something again, whether or not something waits for that.
        wake()
    }

    /// Takes from the table what may start and is in memory only.
    private func startRemembered(_ state: inout State) -> [TaskTable.Number] {
        let all = startReady(&state, now: context.clock.now).starting
        for number in all where state.table[number]?.keeping != .memory { state.table.unstart(number) }
        return all.filter { state.table[$0]?.keeping == .memory }
    }
}

extension AcceptedTask {
    /// What is asked for its start.
    var start: RunRequests.Start? {
        run.map { RunRequests.Start(command: command, run: $0, isWatched: message.reply.follow) }
    }
}
