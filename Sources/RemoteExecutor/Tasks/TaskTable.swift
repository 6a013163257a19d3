internal import CommandCatalog

/// The tasks that wait or run, as a value: it decides what is accepted and what may start, and does nothing itself.
///
///     accept ──► waiting for its lock ──► ready ──► start ──► running ──► release ──► ended ──► forget
///
/// Tasks start in the order of acceptance, so many at a time, and no two with the same lock. A task that waits for a
/// lock holds back only those with the same lock. An ended task stays known until its end is in the journal.
struct TaskTable: ~Copyable {
    /// A task's place in the order of acceptance; the journal's number too.
    typealias Number = Int64

    /// What became of a message.
    enum Acceptance: Equatable {
        /// It will run and be answered.
        case accepted(Number)
        /// The same task waits or runs already; its one answer serves both.
        case repeated(Number)
        /// Another task with this id waits or runs.
        case idInUse
        /// Too many wait.
        case queueFull
    }

    /// What there is to do when a task is to be ended.
    enum Cancellation: Equatable {
        /// It waited, and is ended by that.
        case ended(Number)
        /// It runs under this name.
        case running(Number, RunID)
        /// No such task waits or runs.
        case unknown
    }

    /// How many tasks may run beside each other.
    var mostRunning: Int
    /// How many tasks may wait.
    var mostQueued: Int

    private(set) var runningCount = 0
    private(set) var isStopping = false
    private var tasks: [Number: AcceptedTask] = [:]
    /// An id is the sender's own: of two keys each may use it.
    private var byID: [TaskID: [Number]] = [:]
    private var byDigest: [TaskDigest: Number] = [:]
    private var byRun: [RunID: Number] = [:]
    private var running: Set<Number> = []
    private var ended: Set<Number> = []
    /// Tasks that only wait for a free place; in the order of their numbers.
    private var ready: [Number] = []
    /// Locks that a ready or running task has, with those that wait for them in order.
    private var locks: [Name: [Number]] = [:]
    private var nextNumber: Number

    init(mostRunning: Int, mostQueued: Int, nextNumber: Number = 1) {
        self.mostRunning = mostRunning
        self.mostQueued = mostQueued
        self.nextNumber = nextNumber
    }

    /// How many tasks wait.
    var queuedCount: Int { tasks.count - runningCount - ended.count }

    /// The tasks that run, in the order of acceptance.
    var runningTasks: [(number: Number, task: AcceptedTask)] { tasks(running.sorted()) }

    /// The tasks that wait, in the order of acceptance.
    var queuedTasks: [(number: Number, task: AcceptedTask)] {
        tasks(tasks.keys.filter { !running.contains($0) && !ended.contains($0) }.sorted())
    }

    subscript(number: Number) -> AcceptedTask? { tasks[number] }

    /// The task with this id that waits or runs; of several the sender's own, for an id is the sender's.
    func number(of id: TaskID, for sender: Sender = .unsigned) -> Number? {
        guard let numbers = byID[id] else { return nil }
        let open = numbers.filter { !ended.contains($0) }
        return open.last { tasks[$0]?.pass.sender.key == sender.key } ?? open.last ?? numbers.last
    }

    /// The task with this content that waits or runs.
    func number(of digest: TaskDigest) -> Number? { byDigest[digest] }

    /// The task that runs under this name.
    func number(of run: RunID) -> Number? { byRun[run].flatMap { ended.contains($0) ? nil : $0 } }

    /// Whether a run's file is needed: until the journal has its end.
    func needs(_ run: RunID) -> Bool { byRun[run] != nil }

    /// What is against a message, whatever its command is; `nil`: nothing.
    func objection(to id: TaskID, _ digest: TaskDigest, from sender: Sender = .unsigned) -> Acceptance? {
        if let number = byDigest[digest] { return .repeated(number) }
        let isInUse = byID[id, default: []].contains { number in
            !ended.contains(number) && tasks[number]?.pass.sender.key == sender.key
        }
        return isInUse ? .idInUse : nil
    }

    /// Takes a task in.
    mutating func accept(_ task: AcceptedTask) -> Acceptance {
        if let objection = objection(to: task.message.taskID, task.digest, from: task.pass.sender) { return objection }
        guard hasRoom(for: task) else { return .queueFull }
        let number = nextNumber
        nextNumber += 1
        insert(task, number)
        queue(task, number)
        return .accepted(number)
    }

    /// Takes a task in that an agent before this one had accepted; one with a run counts as running.
    mutating func restore(_ task: AcceptedTask, _ number: Number) {
        insert(task, number)
        guard let run = task.run else { return queue(task, number) }
        byRun[run] = number
        running.insert(number)
        runningCount += 1
        if let lock = task.command.settings.lock, locks[lock] == nil { locks[lock] = [] }
    }

    /// Notes another place that wants the answer; what is noted already is not noted twice.
    mutating func add(_ origin: Origin, to number: Number) {
        guard let task = tasks[number], !task.origins.contains(origin), task.origins.count < Origin.most else { return }
        tasks[number]?.origins.append(origin)
    }

    /// Says how tasks are kept from now on.
    mutating func keep(_ numbers: [Number], in keeping: AcceptedTask.Keeping) {
        for number in numbers {
            tasks[number]?.keeping = keeping
            tasks[number]?.payload = []
        }
    }

    /// The next task that may start now, under this name; it counts as running from here.
    ///
    /// - Parameters:
    ///   - run: The name.
    ///   - pending: The tasks that may start although they are not kept yet, because the caller sees to that.
    /// - Returns: The task.
    mutating func start(as run: @autoclosure () -> RunID, pending: Set<Number> = []) -> Number? {
        guard !isStopping, runningCount < mostRunning,
            let index = ready.firstIndex(where: { tasks[$0]?.keeping != .pending || pending.contains($0) })
        else { return nil }
        let number = ready.remove(at: index)
        running.insert(number)
        runningCount += 1
        name(number, run())
        return number
    }

    /// Gives a running task's start another name; the old one will never be heard of again.
    mutating func name(_ number: Number, _ run: RunID) {
        if let old = tasks[number]?.run { byRun[old] = nil }
        tasks[number]?.run = run
        byRun[run] = number
    }

    /// Takes back a start that nobody was asked for yet.
    mutating func unstart(_ number: Number) {
        guard running.remove(number) != nil else { return }
        runningCount -= 1
        if let run = tasks[number]?.run { byRun[run] = nil }
        tasks[number]?.run = nil
        insertReady(number)
    }

    /// Ends a task, so that others may start in its place; it stays known until it is forgotten.
    mutating func release(_ number: Number) {
        guard let task = tasks[number], ended.insert(number).inserted else { return }
        if running.remove(number) != nil {
            runningCount -= 1
        } else if let index = ready.firstIndex(of: number) {
            ready.remove(at: index)
        } else if let lock = task.command.settings.lock {
            locks[lock]?.removeAll { $0 == number }
            return
        }
        if let lock = task.command.settings.lock { passOn(lock) }
    }

    /// Forgets an ended task.
    mutating func forget(_ number: Number) {
        release(number)
        ended.remove(number)
        guard let task = tasks.removeValue(forKey: number) else { return }
        if let run = task.run { byRun[run] = nil }
        byID[task.message.taskID]?.removeAll { $0 == number }
        if byID[task.message.taskID]?.isEmpty == true { byID[task.message.taskID] = nil }
        byDigest[task.digest] = nil
    }

    /// Decides what is to be done to end a task.
    mutating func cancel(_ number: Number) -> Cancellation {
        guard tasks[number] != nil, !ended.contains(number) else { return .unknown }
        tasks[number]?.isCancelled = true
        if running.contains(number), let run = tasks[number]?.run { return .running(number, run) }
        release(number)
        return .ended(number)
    }

    /// The number of a task's next event.
    mutating func nextEvent(of number: Number) -> Int64 {
        guard let event = tasks[number]?.events else { return 0 }
        tasks[number]?.events = event + 1
        return event
    }

    /// Whether somebody follows what a running task prints.
    var isFollowed: Bool { running.contains { tasks[$0]?.message.reply.follow == true } }

    /// Whether a task with this command would have to wait now.
    func wouldWait(_ command: Command) -> Bool {
        runningCount >= mostRunning || !ready.isEmpty || command.settings.lock.map { locks[$0] != nil } ?? false
    }

    /// Whether something could start that does not, because the journal could not be told.
    var hasStartable: Bool {
        !isStopping && runningCount < mostRunning && ready.contains { tasks[$0]?.keeping != .pending }
    }

    /// Starts nothing more.
    mutating func stop() { isStopping = true }

    private func tasks(_ numbers: [Number]) -> [(number: Number, task: AcceptedTask)] {
        numbers.compactMap { number in tasks[number].map { (number, $0) } }
    }

    /// Whether no more would wait than may, when all had started that can.
    private func hasRoom(for task: AcceptedTask) -> Bool {
        let isLocked = task.command.settings.lock.map { locks[$0] != nil } ?? false
        let places = isStopping ? 0 : max(0, mostRunning - runningCount)
        return queuedCount + 1 - min(places, ready.count + (isLocked ? 0 : 1)) <= mostQueued
    }

    private mutating func insert(_ task: AcceptedTask, _ number: Number) {
        nextNumber = max(nextNumber, number + 1)
        tasks[number] = task
        byID[task.message.taskID, default: []].append(number)
        byDigest[task.digest] = number
    }

    private mutating func queue(_ task: AcceptedTask, _ number: Number) {
        guard let lock = task.command.settings.lock else { return insertReady(number) }
        if locks[lock] == nil {
            locks[lock] = []
            insertReady(number)
        } else {
            locks[lock]?.append(number)
        }
    }

    private mutating func passOn(_ lock: Name) {
        guard let next = locks[lock]?.first else {
            locks[lock] = nil
            return
        }
        locks[lock]?.removeFirst()
        insertReady(next)
    }

    /// Those that were accepted before others start before them.
    private mutating func insertReady(_ number: Number) {
        ready.insert(number, at: ready.firstIndex { $0 > number } ?? ready.endIndex)
    }
}
