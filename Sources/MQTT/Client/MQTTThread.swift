import CMosquitto
import Glibc
import Synchronization

/// A thread that runs one closure, and whose end can be awaited without blocking a thread of Swift's own pool.
final class MQTTThread: Sendable {
    private enum Handle {
        case running(pthread_t)
        /// Joined, detached, or being so.
        case released
    }

    private let end = ExitLatch()
    private let handle = Mutex(Handle.released)

    /// What the new thread is given.
    private final class Start: Sendable {
        let end: ExitLatch
        let body: @Sendable () -> Void

        init(end: ExitLatch, body: @escaping @Sendable () -> Void) {
            self.end = end
            self.body = body
        }
    }

    /// Starts the thread.
    init(_ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(end: end, body: body))
        var thread = pthread_t()
        // Signals are for the threads that expect them: the new one inherits a mask that blocks all.
        var (all, old) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &old)
        let code = pthread_create(&thread, nil, Self.entry, start.toOpaque())
        pthread_sigmask(SIG_SETMASK, &old, nil)
        precondition(code == 0, "pthread_create: \(SystemError.text(code))")
        handle.withLock { $0 = .running(thread) }
    }

    private static let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        if let context { MQTTThread.run(Unmanaged<Start>.fromOpaque(context).takeRetainedValue()) }
        return nil
    }

    private static func run(_ start: Start) {
        cmosquitto_name_thread("mqtt")
        start.body()
        start.end.open()
    }

    /// Waits for the end, and joins; a thread that needs longer is left to itself, and ends later.
    func join(within limit: Duration) async {
        let isEnded = await end.wait(atMost: limit)
        release { thread in _ = isEnded ? pthread_join(thread, nil) : pthread_detach(thread) }
    }

    deinit {
        release { pthread_detach($0) }
    }

    private func release(_ body: (pthread_t) -> Void) {
        let thread: pthread_t? = handle.withLock { handle in
            guard case .running(let thread) = handle else { return nil }
            handle = .released
            return thread
        }
        if let thread { body(thread) }
    }
}
