internal import CommandCatalog
internal import Logging
internal import PluginKit
internal import Synchronization

/// The tasks that came too late since the last summary: told together, when no more come.
struct ExpiredTasks {
    private(set) var count = 0
    private var first: Duration = .zero
    private var last: Duration = .zero

    /// A queue of days comes within a second of silence, and nobody waits longer than this for its summary.
    private static let quiet: Duration = .seconds(1)
    private static let longest: Duration = .seconds(30)

    var isEmpty: Bool { count == 0 }

    /// One more.
    mutating func add(at uptime: Duration) {
        if count == 0 { first = uptime }
        last = uptime
        count += 1
    }

    /// How many there were, when it is time to tell; `nil`: it is not.
    mutating func summary(at uptime: Duration, isLast: Bool = false) -> Int? {
        guard count > 0, isLast || uptime - last >= Self.quiet || uptime - first >= Self.longest else {
            return nil
        }
        defer { count = 0 }
        return count
    }
}

/// What comes too late, and a clock that cannot be trusted.
extension TaskDesk {
    /// How far the clock may be behind the latest time that was ever seen.
    private static let toleratedLag: Duration = .seconds(300)

    /// Whether the clock is behind a time that has been seen, so that nobody knows how old a task is.
    func isClockSuspect(now: Timestamp) -> Bool {
        now + Self.toleratedLag < journal.highWater
    }

    /// Counts a task that came or waited too long; a summary follows.
    func countExpired() {
        let uptime = context.clock.uptime
        let isFirst = state.withLock { state in
            state.expired.add(at: uptime)
            return state.expired.count == 1
        }
        if isFirst { wake() }
    }

    /// Says once how many came too late, whether it was one or the queue of three days.
    ///
    /// - Parameter isLast: Whether nothing more is waited for.
    func summarizeExpired(isLast: Bool = false) {
        let uptime = context.clock.uptime
        guard let count = state.withLock({ $0.expired.summary(at: uptime, isLast: isLast) }) else { return }
        context.logger.warning("tasks came too late and were not started", metadata: ["tasks.expired": "\(count)"])
        let host = context.host.identity.description
        context.dispatcher.dispatch(
            Notification(
                severity: .warning, time: context.clock.now,
                message: "\(count) tasks came too late and were not started",
                identity: MetricIdentity(
                    host: host, plugin: context.plugin, pluginInstance: context.instance, type: "total_requests",
                    typeInstance: TaskCounters.Outcome.expired.rawValue)
            ))
    }

    /// Starts what may start; what waited beyond its time, or whose key is not trusted any more, ends instead.
    func startReady(
        _ state: inout State, pending: Set<TaskTable.Number> = [], now: Timestamp
    ) -> (starting: [TaskTable.Number], late: [TaskEnding]) {
        var (starting, late): ([TaskTable.Number], [TaskEnding]) = ([], [])
        while let number = state.table.start(as: RunID(), pending: pending), let task = state.table[number] {
            if let outcome = objection(toStarting: task.message, from: task.pass.sender, &state, now: now) {
                // Nobody was asked for this run, and nobody will be.
                state.table.unstart(number)
                state.table.release(number)
                late.append(
                    TaskEnding(number: number, task: state.table[number] ?? task, outcome: outcome, run: nil))
            } else {
                starting.append(number)
            }
        }
        return (starting, late)
    }

    /// Why an accepted task must not be started, be it for the first time or again; `nil`: it may be.
    func objection(
        toStarting message: TaskMessage, from sender: Sender, _ state: inout State, now: Timestamp
    ) -> TaskOutcome? {
        if let outcome = state.gate.objection(toWaiting: message, from: sender, at: now) { return outcome }
        guard let end = message.lastStart, end <= now else { return nil }
        state.expired.add(at: context.clock.uptime)
        return .expiredWaiting(end)
    }
}

extension TaskMessage {
    /// When the task must have been started: the end of the task or of its signature, whichever comes first.
    var lastStart: Timestamp? {
        [expires, auth?.expires].compactMap { $0 }.min()
    }
}
