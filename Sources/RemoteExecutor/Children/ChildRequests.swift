import CSystem
import CommandCatalog
import Glibc
import Synchronization

/// What is told of a command that has ended; called on the children thread, so it must neither wait nor take long.
typealias ChildCompletion = @Sendable (ChildOutcome) -> Void

/// The way of requests from all threads to the children thread.
final class ChildRequests: Sendable {
    /// A command to be started.
    struct Start: Sendable {
        let command: Command
        let run: RunID
        let completion: ChildCompletion
    }

    /// What the children thread is asked for.
    enum Request: Sendable {
        case start(Start)
        case end(RunID)
        case endAll(grace: Duration)
        case stop
    }

    private struct State {
        var waiting: [Request] = []
        var isStopping = false
    }

    /// Readable when there are requests.
    let event: Int32
    /// How many commands were accepted and have not been completed.
    let running = Atomic<Int>(0)
    private let state = Mutex(State())

    init() throws(SpawnFailure) {
        event = csystem_event_create()
        guard event >= 0 else { throw SpawnFailure(.watch, errno: errno, "cannot make an eventfd") }
    }

    deinit {
        close(event)
    }

    /// Hands the request over; false after ``Request/stop``.
    func send(_ request: Request) -> Bool {
        let (isTaken, isFirst) = state.withLock { state in
            guard !state.isStopping else { return (false, false) }
            switch request {
            case .start: running.add(1, ordering: .relaxed)
            case .stop: state.isStopping = true
            case .end, .endAll: break
            }
            state.waiting.append(request)
            return (true, state.waiting.count == 1)
        }
        // The thread takes all that waits at once, so only the first must wake it.
        if isFirst {
            csystem_event_signal(event)
        }
        return isTaken
    }

    /// Takes all that waits; `storage` is emptied and lends its memory to what comes next.
    func take(into storage: inout [Request]) {
        csystem_event_clear(event)
        storage.removeAll(keepingCapacity: true)
        state.withLock { swap(&$0.waiting, &storage) }
    }
}
