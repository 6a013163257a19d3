import CSystem
import Glibc

/// The thread of the runs.
final class RunThread: Sendable {
    private let identifier: pthread_t

    /// Runs the loop on a thread of its own.
    init(running loop: RunLoop) throws(StartFailure) {
        var identifier = pthread_t()
        // The thread owns the loop from here on, and nobody else touches it.
        let context = Unmanaged.passRetained(loop)
        let code = pthread_create(&identifier, nil, Self.body, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw StartFailure(.runner, errno: code, "cannot make the thread of the runs")
        }
        self.identifier = identifier
    }

    /// Waits for the loop's end.
    ///
    /// On the thread itself, where nobody could ever wait for it, it lets it go.
    func join() {
        if pthread_equal(identifier, pthread_self()) != 0 {
            pthread_detach(identifier)
        } else {
            pthread_join(identifier, nil)
        }
    }

    private static let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        csystem_name_thread("runs")
        blockSignals()
        if let context {
            Unmanaged<RunLoop>.fromOpaque(context).takeRetainedValue().run()
        }
        return nil
    }

    /// Leaves signals to the main thread, but for those that say that this thread has failed.
    private static func blockSignals() {
        var signals = sigset_t()
        sigfillset(&signals)
        for signal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT] {
            sigdelset(&signals, signal)
        }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
