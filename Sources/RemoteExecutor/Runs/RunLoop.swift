import CRunner
import CSystem
import CommandCatalog
import Glibc
import Logging
import PluginKit

/// The life of the thread "runs": it asks the runner to start commands, and finds out what became of them.
///
/// The supervisor of a run needs nobody; this thread only watches it and reads its file at the end. So it makes no
/// difference whether this agent started the run or one before it.
final class RunLoop {
    /// What is told to whom the runs belong, always on this thread.
    struct Handlers: Sendable {
        /// Runs that ended, and runs that never were started and never will be under this name.
        var ended: @Sendable ([RunEnd]) -> Void = { _ in }
        /// Five times a second while it says that there is something to look after.
        var turn: @Sendable () -> Bool = { false }
        /// Whether the file of a run is still needed.
        var isWanted: @Sendable (RunID) -> Bool = { _ in true }
    }

    /// How much longer than its time-out, its grace and the last sweep a supervisor may take.
    static let slack = Duration.seconds(30)
    /// Between two attempts to reach the runner.
    private static let pause = Duration.seconds(1)
    /// Between two turns at least: what is looked after there has time.
    private static let turnInterval = Duration.milliseconds(200)
    /// Between two looks at a file that says nothing yet.
    static let glance = Duration.milliseconds(500)

    let requests: RunRequests
    private(set) var handlers = Handlers()
    let logger: Logger
    let runtime: String
    let boot: String
    let grace: Duration
    /// A runner answers at once; one that takes longer is left, and another connection is tried.
    let patience: Duration
    let clock = ContinuousClock()
    let poll: Int32
    var frames: StartFrame
    var link = RunnerLink()
    var runs = RunTable(firstTag: Tag.firstRun)
    var ended: [RunEnd] = []

    /// When the directory of the runs is looked through.
    var nextCleaning: ContinuousClock.Instant

    private let program: RunnerProgram
    private let pulse: Pulse
    private let began: ContinuousClock.Instant
    private var failures = FailureLog()
    private var received: [RunRequests.Request] = []
    private var tags = [UInt64](repeating: 0, count: 64)
    private var nextAttempt: ContinuousClock.Instant
    /// Until when the runner must have greeted.
    private var greetingDeadline: ContinuousClock.Instant
    private var hasMoreToDo = false
    private var nextTurn: ContinuousClock.Instant
    private var isStopping = false

    private enum Tag {
        static let request: UInt64 = 0
        static let link: UInt64 = 1
        static let firstRun: UInt64 = 2
    }

    init(
        requests: RunRequests, program: RunnerProgram, runtime: String, boot: String,
        bounds: OutputBounds, grace: Duration, patience: Duration, pulse: Pulse, logger: Logger
    ) throws(StartFailure) {
        (self.requests, self.runtime, self.boot) = (requests, runtime, boot)
        (self.grace, self.patience, self.logger, self.program) = (grace, patience, logger, program)
        self.pulse = pulse
        frames = StartFrame(bounds: bounds)
        began = clock.now
        nextAttempt = clock.now
        greetingDeadline = clock.now
        nextCleaning = clock.now + Self.leastAge
        nextTurn = clock.now
        poll = csystem_poll_create()
        guard poll >= 0, csystem_poll_add(poll, requests.event, Tag.request) else {
            throw StartFailure(.runner, errno: errno, "cannot make an epoll set")
        }
    }

    deinit {
        link.close()
        if poll >= 0 { close(poll) }
    }

    /// Runs until it was asked to stop.
    func run() {
        while !isStopping {
            connectIfDue()
            pulse.beat()
            let count = Int(csystem_poll_wait(poll, &tags, Int32(tags.count), waitingTime()))
            // What is told to others they write to the disk.
            pulse.beat(within: Pulse.disk)
            for tag in tags.prefix(count) { handle(tag) }
            handleDeadlines()
            tell()
            cleanIfDue()
            if !link.flush() { lost() }
        }
        pulse.rest()
        link.send(RUNNER_QUIT, RunID(rawValue: 0))
        _ = link.flush()
        for run in runs.all {
            if case .supervised(let pidfd) = run.phase { close(pidfd) }
        }
    }

    /// For how many milliseconds there is nothing to do but wait for events.
    private func waitingTime() -> Int32 {
        if link.hasMore { return 10 }
        if !link.isOpen { return Int32(clamping: (nextAttempt - clock.now).wholeMilliseconds) + 1 }
        if hasMoreToDo { return Int32(clamping: (nextTurn - clock.now).wholeMilliseconds) + 1 }
        if !link.isReady || !runs.isEmpty { return 1000 }
        return Int32(clamping: min(nextCleaning - clock.now, Pulse.longestWait).wholeMilliseconds) + 1
    }

    private func handle(_ tag: UInt64) {
        switch tag {
        case Tag.request: handleRequests()
        case Tag.link:
            guard link.isOpen else { return }
            guard let messages = link.receive() else { return lost() }
            for message in messages { handle(message) }
        default:
            if let run = runs[tag: tag] { supervisorEnded(run) }
        }
    }

    private func handleRequests() {
        requests.take(into: &received)
        for request in received {
            switch request {
            case .begin(let handlers): self.handlers = handlers
            case .start(let start): self.start(start)
            case .attach(let start): attach(start)
            case .cancel(let run): cancel(run)
            case .turn: hasMoreToDo = true
            case .stop: isStopping = true
            }
        }
    }

    private func tell() {
        if !ended.isEmpty {
            handlers.ended(ended)
            ended.removeAll(keepingCapacity: true)
        }
        guard hasMoreToDo, clock.now >= nextTurn else { return }
        hasMoreToDo = handlers.turn()
        nextTurn = clock.now + Self.turnInterval
    }

    private func handleDeadlines() {
        let now = clock.now
        if link.isOpen, !link.isReady, now >= greetingDeadline { lost() }
        guard !runs.isEmpty else { return }
        for run in Array(runs.all) where run.deadline <= now && runs[id: run.id] != nil { overdue(run) }
    }

    private func connectIfDue() {
        guard !link.isOpen, clock.now >= nextAttempt, !isStopping else { return }
        nextAttempt = clock.now + Self.pause
        do throws(StartFailure) {
            link.open(try program.connect())
            guard csystem_poll_add(poll, link.socket, Tag.link) else {
                throw StartFailure(.runner, errno: errno, "cannot watch the runner")
            }
            greetingDeadline = clock.now + patience / 2
        } catch {
            link.close()
            notReached(error)
        }
    }

    /// The connection is gone: what it was asked for may or may not have happened.
    ///
    /// The next attempt is made when a pause has passed since the one before, so at once after a long connection.
    func lost() {
        guard link.isOpen else { return }
        let wasReady = link.isReady
        requests.isRunnerReady = false
        csystem_poll_remove(poll, link.socket)
        link.close()
        if wasReady {
            logger.notice("the connection to the runner was lost; commands go on without it")
        } else {
            let failure = StartFailure(.runner, errno: EPROTO, "recoverd-runner does not greet, or speaks otherwise")
            notReached(failure)
        }
    }

    private func notReached(_ failure: StartFailure) {
        if let suppressed = failures.pass(failure.text, at: began.duration(to: clock.now)) {
            logger.error(
                "the runner cannot be reached; trying again",
                metadata: ["error": "\(failure.text)", "more.since.last": "\(suppressed)"])
        }
        giveUp(failure)
    }

    /// The runner has greeted.
    func reached() {
        requests.isRunnerReady = true
        if failures.end() { logger.notice("the runner can be reached again") }
    }
}
