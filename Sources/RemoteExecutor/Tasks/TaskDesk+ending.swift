internal import CommandCatalog
internal import Logging
internal import PluginKit
internal import Synchronization

/// From the end of a run to the answer; on the thread of the runs.
extension TaskDesk {
    /// Deals with runs that ended: one commit says so, and says what starts in their place.
    func ended(_ ends: [RunEnd]) {
        let now = context.clock.now
        var endings: [TaskEnding] = []
        var restarts: [TaskTable.Number] = []
        state.withLock { state in
            for end in ends {
                guard let number = state.table.number(of: end.run), let task = state.table[number] else { continue }
                let outcome = end.outcome(of: task) {
                    objection(toStarting: task.message, from: task.pass.sender, &state, now: now)
                }
                if let outcome {
                    state.table.release(number)
                    endings.append(TaskEnding(number: number, task: task, outcome: outcome, run: end.runOutcome))
                } else {
                    state.table.name(number, RunID())
                    restarts.append(number)
                }
            }
        }
        settle(endings.map(digested), restarts: restarts, now: now)
    }

    /// Adds the digests of what was printed, where the answer tells them.
    private func digested(_ ending: TaskEnding) -> TaskEnding {
        guard ending.task.message.reply.detail, let run = ending.task.run, var outcome = ending.run else {
            return ending
        }
        let file = runs.file(run)
        outcome.stdout.digest = file.digest(of: outcome.stdout, .stdout)
        outcome.stderr.digest = file.digest(of: outcome.stderr, .stderr)
        return TaskEnding(number: ending.number, task: ending.task, outcome: ending.outcome, run: outcome)
    }

    /// Looks after what could not be done at once.
    ///
    /// - Returns: Whether something is left to look after.
    func turn() -> Bool {
        let now = context.clock.now
        let (unsaved, starting, late) = state.withLock { state in
            let (starting, late) = startReady(&state, now: now)
            return (state.unsaved, starting, late)
        }
        defer { settle(late) }
        do {
            if !unsaved.isEmpty || !starting.isEmpty {
                let finishes = unsaved.map { Journal.Change.finished(number: $0.key, $0.value) }
                try journal.commit(finishes + changes(starting: starting, now: now), now: now)
                for number in unsaved.keys { saved(number) }
                record([], starting: starting)
                ask(for: starting)
            }
            try flushIfDue(now: now)
            try tidyIfDue(now: now)
        } catch {
            state.withLock { state in
                for number in starting { state.table.unstart(number) }
            }
            logJournalFailure("the journal takes nothing; trying again", error)
        }
        if journal.state == .ok, state.withLock({ $0.failures.end() }) {
            context.logger.notice("the journal takes everything again")
        }
        summarizeExpired()
        follow()
        let isAuditUnsynced = audit.syncIfDue()
        return isAuditUnsynced || journal.state != .ok
            || state.withLock { state in
                !state.unsaved.isEmpty || state.flushDue != nil || !state.expired.isEmpty || state.table.hasStartable
                    || state.table.isFollowed
            }
    }

    /// Ends tasks that never ran: cancelled in the queue, or too old to be started.
    func settle(_ endings: [TaskEnding]) {
        settle(endings, restarts: [], now: context.clock.now)
    }

    private func settle(_ endings: [TaskEnding], restarts: [TaskTable.Number], now: Timestamp) {
        guard !endings.isEmpty || !restarts.isEmpty else { return }
        let (ready, late) = state.withLock { state in startReady(&state, now: now) }
        let starting = ready + restarts
        let finishes = (endings + late).map { ($0, finish($0, now: now)) }
        let changes = finishes.compactMap { ending, finish in
            ending.task.keeping == .journal ? Journal.Change.finished(number: ending.number, finish) : nil
        }
        do {
            try journal.commit(changes + self.changes(starting: starting, now: now), now: now)
            record(finishes.map(\.0), starting: starting)
            for (ending, finish) in finishes { tell(ending, finish, isDurable: ending.task.keeping == .journal) }
            for (ending, _) in finishes { saved(ending) }
            ask(for: starting)
        } catch {
            logJournalFailure("the journal does not take results; they are told all the same", error)
            keep(finishes, starting)
        }
    }

    /// The results are told all the same; the journal hears of them, and starts go on, when it takes something again.
    private func keep(_ finishes: [(TaskEnding, Journal.Finish)], _ starting: [TaskTable.Number]) {
        state.withLock { state in
            for (ending, finish) in finishes where ending.task.keeping == .journal {
                state.unsaved[ending.number] = finish
            }
            for number in starting where state.table[number]?.keeping == .journal { state.table.unstart(number) }
        }
        record(finishes.map(\.0), starting: [])
        for (ending, finish) in finishes {
            tell(ending, finish, isDurable: false)
            if ending.task.keeping != .journal { saved(ending) }
        }
        let remembered = starting.filter { number in state.withLock { $0.table[number]?.keeping == .memory } }
        record([], starting: remembered)
        ask(for: remembered)
        wake()
    }

    /// The end is where it belongs: nothing but the journal knows the task any more.
    private func saved(_ number: TaskTable.Number) {
        let run = state.withLock { state in
            state.unsaved[number] = nil
            let run = state.table[number]?.run
            state.table.forget(number)
            return run
        }
        if let run { archive.take(runs.file(run), of: number) }
    }

    private func saved(_ ending: TaskEnding) {
        state.withLock { state in
            state.unsaved[ending.number] = nil
            state.table.forget(ending.number)
        }
        guard let run = ending.task.run else { return }
        archive.take(runs.file(run), of: ending.number, maySpool: ending.run?.maySpool ?? true)
    }

    /// Says what the journal does not take; a disk that is full for a day fills no log.
    func logJournalFailure(_ line: Logger.Message, _ error: any Error) {
        let uptime = context.clock.uptime
        guard let suppressed = state.withLock({ $0.failures.pass("\(error)", at: uptime) }) else { return }
        context.logger.error(line, metadata: ["error": "\(error)", "more.since.last": "\(suppressed)"])
    }

    private func flushIfDue(now: Timestamp) throws {
        let uptime = context.clock.uptime
        let isDue = state.withLock { state in
            guard let due = state.flushDue, due <= uptime else { return false }
            state.flushDue = nil
            return true
        }
        if isDue { try journal.flush(now: now) }
    }

    private func tidyIfDue(now: Timestamp) throws {
        let uptime = context.clock.uptime
        let isDue = state.withLock { state in
            let interval = journal.state == .ok ? Self.tidyInterval : Self.tidyIntervalInNeed
            if let last = state.lastTidy, uptime - last < interval { return false }
            state.lastTidy = uptime
            return true
        }
        if isDue { try journal.tidy(now: now) }
    }

    /// How often the journal is cleared of what is too old.
    static let tidyInterval: Duration = .seconds(60)
    /// After how long the same is done where nothing else happens: the journal notes the time, too, so that a clock that is set
    /// back is found out.
    static let tidyIntervalInPeace: Duration = .seconds(600)
    /// How often it is tried whether a journal that took nothing, or has no ballast, is well again.
    static let tidyIntervalInNeed: Duration = .seconds(2)
}

/// A task that ended, and how.
struct TaskEnding {
    let number: TaskTable.Number
    let task: AcceptedTask
    let outcome: TaskOutcome
    /// What is known of its run; `nil`: it never ran.
    let run: RunOutcome?
}

extension RunEnd {
    /// What becomes of the task; `nil`: it starts again under another name.
    ///
    /// - Parameters:
    ///   - task: The task.
    ///   - objection: Why it must not be started again; asked only where it would be.
    /// - Returns: The outcome.
    fileprivate func outcome(of task: AcceptedTask, unless objection: () -> TaskOutcome?) -> TaskOutcome? {
        switch kind {
        case .revoked:
            return task.isCancelled ? .cancelledBeforeStart : objection()
        case .ended(let outcome):
            if outcome.ending == .interrupted, task.command.settings.rerunsWhenInterrupted, !task.isCancelled,
                objection() == nil
            {
                return nil
            }
            return task.message.replacement == nil ? TaskOutcome(outcome) : TaskOutcome(ofReplacement: outcome)
        }
    }

    fileprivate var runOutcome: RunOutcome? {
        if case .ended(let outcome) = kind { outcome } else { nil }
    }
}
