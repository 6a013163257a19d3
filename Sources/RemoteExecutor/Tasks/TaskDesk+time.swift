internal import CommandCatalog
internal import Logging
internal import PluginKit
internal import Synchronization

/// Tasks that came too late since the last summary.
struct ExpiredTasks {
    var count = 0
    /// When the first of them came, since the boot.
    var first = Duration.zero
    /// When the last of them came, since the boot.
    var latest = Duration.zero

    /// A queue is at its end when nothing came for so long.
    static let pause = Duration.milliseconds(900)
    /// Where they come and come, a summary comes so often.
    static let longest = Duration.seconds(60)

    /// One more came.
    mutating func add(at now: Duration) {
        if count == 0 { first = now }
        latest = now
        count += 1
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
        let isFirst = state.withLock { state in
            state.expired.add(at: context.clock.uptime)
            return state.expired.count == 1
        }
        // Not before the desk is complete: at its start the first turn comes anyway.
        if isFirst { wake() }
    }

    /// Says once how many came too late, whether it was one or the queue of three days.
    ///
    /// - Parameter isLast: Whether nothing more is waited for.
    func summarizeExpired(isLast: Bool = false) {
        let now = context.clock.uptime
        let count = state.withLock { state in
            let expired = state.expired
            guard isLast || now - expired.latest >= ExpiredTasks.pause || now - expired.first >= ExpiredTasks.longest
            else { return 0 }
            state.expired = ExpiredTasks()
            return expired.count
        }
        guard count > 0 else { return }
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

    /// Starts what may start; what waited beyond its time does not, and ends instead.
    func startReady(
        _ state: inout State, pending: Set<TaskTable.Number> = [], now: Timestamp
    ) -> (starting: [TaskTable.Number], late: [TaskEnding]) {
        var (starting, late): ([TaskTable.Number], [TaskEnding]) = ([], [])
        while let number = state.table.start(as: RunID(), pending: pending), let task = state.table[number] {
            if let expires = task.message.expires, expires <= now {
                state.table.release(number)
                state.expired.add(at: context.clock.uptime)
                late.append(TaskEnding(number: number, task: task, outcome: .expiredWaiting(expires), run: nil))
            } else {
                starting.append(number)
            }
        }
        return (starting, late)
    }
}
