import Glibc
import Synchronization

/// A thread for everything that one instance does, so that an instance that blocks harms nobody else, on a host with one
/// processor too, where the cooperative pool is a single thread.
final class PluginThread: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        /// Whether the thread waits for the semaphore.
        var isIdle = false
        var isEnding = false
        var hasEnded = false
        var busySince: Duration?
    }

    private let state = Mutex(State())
    private let wakeUp = Semaphore()
    private let name: String
    private let uptime: @Sendable () -> Duration

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: What debuggers and `ps` show; the kernel keeps 15 bytes.
    ///   - uptime: The clock by which ``busySince`` is told.
    /// - Throws: The system gives no thread.
    init(name: String, uptime: @escaping @Sendable () -> Duration) throws(PluginThreadError) {
        self.name = name
        self.uptime = uptime
        let context = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, pluginThreadMain, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw PluginThreadError(code: code)
        }
        pthread_detach(thread)
    }

    /// Since when one job has been executing; `nil` between jobs.
    var busySince: Duration? { state.withLock(\.busySince) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        wake { state in
            precondition(!state.hasEnded, "a job for an instance that has ended")
            state.jobs.append(job)
        }
    }

    /// Ends the thread; no task may use it any more.
    func end() {
        wake { $0.isEnding = true }
    }

    private func wake(_ change: (inout State) -> Void) {
        let wasIdle = state.withLock { state in
            change(&state)
            defer { state.isIdle = false }
            return state.isIdle
        }
        if wasIdle { wakeUp.post() }
    }

    fileprivate func work() {
        showName()
        while let jobs = nextJobs() {
            for job in jobs {
                let now = uptime()
                state.withLock { $0.busySince = now }
                job.runSynchronously(on: asUnownedTaskExecutor())
            }
        }
    }

    /// Gives the thread its name; without /proc it has none.
    private func showName() {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        _ = Array(name.utf8.prefix(15)).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    }

    /// Waits for jobs; `nil` when there will be none any more.
    private func nextJobs() -> [UnownedJob]? {
        while true {
            let jobs = state.withLock { state -> [UnownedJob] in
                defer { state.jobs = [] }
                state.busySince = nil
                state.isIdle = state.jobs.isEmpty && !state.isEnding
                state.hasEnded = state.jobs.isEmpty && state.isEnding
                return state.jobs
            }
            guard jobs.isEmpty else { return jobs }
            if state.withLock(\.hasEnded) { return nil }
            wakeUp.wait()
        }
    }
}

/// The system gave no thread.
struct PluginThreadError: Error, CustomStringConvertible {
    let code: Int32

    var description: String { "the system gives no thread: \(String(cString: strerror(code)))" }
}

/// The beginning of a thread; the reference was retained for it.
private func pluginThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<PluginThread>.fromOpaque(context).takeRetainedValue().work()
    return nil
}
