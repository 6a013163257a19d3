import CSystem
import CommandCatalog
import Glibc
import Synchronization

/// The way of requests from all threads to the thread of the runs.
final class RunRequests: Sendable {
    /// A command to be started.
    struct Start: Sendable {
        let command: Command
        let run: RunID
        /// Whether somebody wants to see the output as it comes.
        let isWatched: Bool
    }

    /// What the thread is asked for.
    enum Request: Sendable {
        /// Tell these what happens.
        case begin(RunLoop.Handlers)
        /// Start a command.
        case start(Start)
        /// Find out what became of a run that another agent started.
        case attach(Start)
        /// End a run with all that descends from it.
        case cancel(RunID)
        /// Look after the desk soon: something waits there.
        case turn
        /// Let everything be as it is and end the thread.
        case stop
    }

    private struct State {
        var waiting: [Request] = []
        var isStopping = false
    }

    /// Readable when there are requests.
    let event: Int32
    private let state = Mutex(State())
    private let runner = Atomic(false)

    /// Whether the runner can be asked for something; the thread of the runs says so.
    var isRunnerReady: Bool {
        get { runner.load(ordering: .relaxed) }
        set { runner.store(newValue, ordering: .relaxed) }
    }

    init() throws(StartFailure) {
        event = csystem_event_create()
        guard event >= 0 else { throw StartFailure(.runner, errno: errno, "cannot make an eventfd") }
    }

    deinit {
        close(event)
    }

    /// Hands requests over; false after ``Request/stop``.
    @discardableResult
    func send(_ requests: [Request]) -> Bool {
        guard !requests.isEmpty else { return true }
        let (isTaken, isFirst) = state.withLock { state in
            guard !state.isStopping else { return (false, false) }
            let isFirst = state.waiting.isEmpty
            state.waiting += requests
            if case .stop = requests.last { state.isStopping = true }
            return (true, isFirst)
        }
        // The thread takes all that waits at once, so only the first must wake it.
        if isFirst { csystem_event_signal(event) }
        return isTaken
    }

    /// Takes all that waits; `storage` is emptied and lends its memory to what comes next.
    func take(into storage: inout [Request]) {
        csystem_event_clear(event)
        storage.removeAll(keepingCapacity: true)
        state.withLock { swap(&$0.waiting, &storage) }
    }
}
