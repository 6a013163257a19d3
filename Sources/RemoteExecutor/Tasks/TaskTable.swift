internal import CommandCatalog

/// The tasks that wait or run, as a value: it decides what is accepted and what may start, and does nothing itself.
///
///     accept ──► waiting for its lock ──► ready ──► start ──► running ──► finish
///
/// Tasks start in the order of acceptance, so many at a time, and no two with the same lock. A task that waits for a
/// lock holds back only those with the same lock.
struct TaskTable: ~Copyable {
    /// A task's place in the order of acceptance.
    typealias Number = UInt64

    /// What became of a message.
    enum Acceptance: Equatable {
        /// It will run and be answered.
        case accepted
        /// The same task waits or runs already; its one answer serves both.
        case repeated
        /// Another task with this id waits or runs.
        case idInUse
        /// Too many wait.
        case queueFull
        /// The agent is stopping.
        case stopping
    }

    /// How many tasks may run beside each other.
    var mostRunning: Int
    /// How many tasks may wait.
    var mostQueued: Int

    private(set) var runningCount = 0
    private var tasks: [Number: AcceptedTask] = [:]
    private var numbers: [TaskID: Number] = [:]
    private var running: Set<Number> = []
    /// Tasks that only wait for a free place; in the order of their numbers.
    private var ready: [Number] = []
    /// Locks that a ready or running task has, with those that wait for them in order.
    private var locks: [Name: [Number]] = [:]
    private var nextNumber: Number = 1
    private var isStopping = false

    init(mostRunning: Int, mostQueued: Int) {
        self.mostRunning = mostRunning
        self.mostQueued = mostQueued
    }

    /// How many tasks wait.
    var queuedCount: Int { tasks.count - runningCount }

    /// The tasks that run, in the order of acceptance.
    var runningTasks: [AcceptedTask] { running.sorted().compactMap { tasks[$0] } }

    /// Why a message is not accepted, whatever its command is; `nil`: nothing is against it.
    func objection(to message: TaskMessage) -> Acceptance? {
        if let number = numbers[message.taskID], let known = tasks[number] {
            return known.isSame(as: message) ? .repeated : .idInUse
        }
        return isStopping ? .stopping : nil
    }

    /// Takes a task in.
    mutating func accept(_ task: AcceptedTask) -> Acceptance {
        if let objection = objection(to: task.message) { return objection }
        guard queuedCount < mostQueued || canStartAtOnce(task) else { return .queueFull }
        let number = nextNumber
        nextNumber += 1
        tasks[number] = task
        numbers[task.message.taskID] = number
        guard let lock = task.command.settings.lock else {
            ready.append(number)
            return .accepted
        }
        if locks[lock] == nil {
            locks[lock] = []
            ready.append(number)
        } else {
            locks[lock]?.append(number)
        }
        return .accepted
    }

    /// The next task that may start now; it counts as running from here.
    mutating func start() -> (number: Number, task: AcceptedTask)? {
        guard !isStopping, runningCount < mostRunning, let number = ready.first, let task = tasks[number]
        else { return nil }
        ready.removeFirst()
        running.insert(number)
        runningCount += 1
        return (number, task)
    }

    /// Ends a running task; the next one with its lock may start.
    mutating func finish(_ number: Number) -> AcceptedTask? {
        guard running.remove(number) != nil else { return nil }
        runningCount -= 1
        return remove(number)
    }

    /// Accepts and starts nothing more, and hands out those that never started.
    mutating func stop() -> [AcceptedTask] {
        isStopping = true
        let waiting = tasks.keys.filter { !running.contains($0) }.sorted()
        ready = []
        return waiting.compactMap { remove($0) }
    }

    private func canStartAtOnce(_ task: AcceptedTask) -> Bool {
        let isLocked = task.command.settings.lock.map { locks[$0] != nil } ?? false
        return runningCount < mostRunning && ready.isEmpty && !isLocked
    }

    private mutating func remove(_ number: Number) -> AcceptedTask? {
        guard let task = tasks.removeValue(forKey: number) else { return nil }
        numbers[task.message.taskID] = nil
        if let lock = task.command.settings.lock, !isStopping { passOn(lock) }
        return task
    }

    private mutating func passOn(_ lock: Name) {
        guard let next = locks[lock]?.first else {
            locks[lock] = nil
            return
        }
        locks[lock]?.removeFirst()
        // It was accepted before others that are ready, and so starts before them.
        ready.insert(next, at: ready.firstIndex { $0 > next } ?? ready.endIndex)
    }
}
