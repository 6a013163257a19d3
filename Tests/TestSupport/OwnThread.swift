import Glibc
import Synchronization

/// A thread for one test, so that a test that waits for a program holds up none of the others: those share as few threads
/// as there are processors.
final class OwnThread: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
    }

    private let state = Mutex(State())
    // `nonisolated(unsafe)`: the pointer never changes, and `sem_t` is made to be used by several threads at once.
    private nonisolated(unsafe) let work = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() throws {
        sem_init(work, 0, 0)
        let context = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, Self.body, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw SystemFailure("pthread_create", code)
        }
        pthread_detach(thread)
    }

    deinit {
        sem_destroy(work)
        work.deallocate()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        sem_post(work)
    }

    /// Ends the thread; no task may use it any more.
    func end() {
        // Work without a job.
        sem_post(work)
    }

    private func run() {
        while true {
            // Signals interrupt the waiting.
            while sem_wait(work) != 0 {}
            let job = state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
            guard let job else { return }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    private static let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        if let context { Unmanaged<OwnThread>.fromOpaque(context).takeRetainedValue().run() }
        return nil
    }
}
