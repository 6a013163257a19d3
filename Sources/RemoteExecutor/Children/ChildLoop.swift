import CSystem
import Glibc

/// The life of the children thread: it alone knows and touches the children.
final class ChildLoop {
    /// Starts in one turn; a start takes about a millisecond, and those that run want to be read meanwhile.
    static let startsPerTurn = 8
    /// What is read of one stream in one turn: as much as a pipe holds, so that no stream keeps the others waiting.
    static let bytesPerRead = 64 * 1024

    let requests: ChildRequests
    let grace: Duration
    let clock = ContinuousClock()
    let poll: Int32
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytesPerRead, alignment: 16)
    var launcher = Launcher()
    var children = ChildTable()
    var deadlines = DeadlineQueue()
    var processes: ProcessTable
    /// The children that are being ended.
    var endings: [Child] = []
    /// When they are looked at again, and how long that is from the last time.
    var nextSweep: ContinuousClock.Instant?
    var sweepInterval = ChildLoop.shortestSweep
    var isStopping = false

    private var received: [ChildRequests.Request] = []
    private var handled = 0
    private var areRequestsWaiting = false
    private var tags = [UInt64](repeating: 0, count: 64)

    init(requests: ChildRequests, grace: Duration) throws(SpawnFailure) {
        self.requests = requests
        self.grace = grace
        processes = try ProcessTable()
        poll = csystem_poll_create()
        guard poll >= 0, csystem_poll_add(poll, requests.event, ChildEvent.request.tag) else {
            throw SpawnFailure(.watch, errno: errno, "cannot make an epoll set")
        }
    }

    deinit {
        if poll >= 0 {
            close(poll)
        }
        processes.close()
        buffer.deallocate()
    }

    /// Runs until it was asked to stop and no child is left.
    func run() {
        while !isStopping || !children.isEmpty {
            let count = Int(csystem_poll_wait(poll, &tags, Int32(tags.count), waitingTime()))
            for index in 0..<count {
                handle(ChildEvent(tag: tags[index]))
            }
            handleRequests()
            handleDeadlines()
        }
    }

    /// For how many milliseconds there is nothing to do but wait for events; -1: for ever.
    private func waitingTime() -> Int32 {
        guard handled == received.count else { return 0 }
        var next = nextSweep
        if let deadline = deadlines.first?.deadline {
            next = min(next ?? deadline, deadline)
        }
        guard let next else { return -1 }
        let (seconds, attoseconds) = (next - clock.now).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        // One more, because waking too early would only mean to wait again; at most an hour, to stay in range.
        return Int32(min(seconds, 3600)) * 1000 + Int32(attoseconds / 1_000_000_000_000_000) + 1
    }

    private func handle(_ event: ChildEvent) {
        switch event {
        case .request: areRequestsWaiting = true
        case .exit(let handle): children[handle].map(exited)
        case .stdout(let handle): children[handle].map(readOutput)
        case .stderr(let handle): children[handle].map(readError)
        }
    }

    private func handleRequests() {
        if areRequestsWaiting, handled == received.count {
            areRequestsWaiting = false
            handled = 0
            requests.take(into: &received)
        }
        var starts = 0
        while handled < received.count, starts < Self.startsPerTurn {
            let request = received[handled]
            handled += 1
            switch request {
            case .start(let start):
                starts += 1
                self.start(start)
            case .end(let run): end(run)
            case .endAll(let grace): endAll(grace: grace)
            case .stop: stop()
            }
        }
    }

    private func handleDeadlines() {
        guard deadlines.first != nil || nextSweep != nil else { return }
        let now = clock.now
        while let child = deadlines.first, child.deadline <= now {
            deadlines.remove(child)
            expired(child, now: now)
        }
        if let sweep = nextSweep, sweep <= now {
            self.sweep(now: now)
        }
    }
}
