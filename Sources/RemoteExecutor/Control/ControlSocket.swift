internal import CSystem
internal import Glibc
internal import Logging
internal import PluginKit
internal import Synchronization

/// The agent's socket for questions from this host: one task a line in, one result a line out.
///
/// `DIR/control.sock`, for root and the agent's own user only; the other end's user is asked of the kernel. It has a
/// thread of its own, `control`, so that neither a slow asker nor a long answer holds anybody up.
final class ControlSocket: Sendable {
    /// The name in the state directory.
    static let name = "control.sock"

    private let path: String
    private let thread: pthread_t
    private let bell: CInt
    private let isStopped = Mutex(false)

    /// Makes the socket, in place of one that an agent before this one left, and begins to answer.
    ///
    /// - Parameters:
    ///   - directory: The state directory, which no other agent uses.
    ///   - bounds: How much is taken of whom, for how long.
    ///   - pulse: Beats while the thread goes on.
    ///   - logger: For those who are turned away.
    ///   - answer: From the payload of a task to that of its result; called on the socket's thread.
    /// - Throws: Why there is no socket to be had.
    init(
        directory: String, bounds: ControlBounds = ControlBounds(), pulse: Pulse = Pulse("control"), logger: Logger,
        answer: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) throws(ControlFailure) {
        path = "\(directory)/\(Self.name)"
        let listener = csystem_listen_local(path)
        guard listener >= 0 else { throw ControlFailure(path, "cannot be made", errno: errno) }
        bell = csystem_event_create()
        // Nobody executes a socket.
        guard bell >= 0, chmod(path, 0o600) == 0 else {
            let code = errno
            for descriptor in [listener, bell] where descriptor >= 0 { close(descriptor) }
            throw ControlFailure(path, "cannot be made private", errno: code)
        }
        let loop = ControlLoop(
            listener: listener, bell: bell, bounds: bounds, pulse: pulse, logger: logger, answer: answer)
        var thread = pthread_t()
        // The thread owns the loop from here on, and nobody else touches it.
        let context = Unmanaged.passRetained(loop)
        let code = pthread_create(&thread, nil, Self.body, context.toOpaque())
        guard code == 0 else {
            context.release()
            close(bell)
            throw ControlFailure(path, "has no thread", errno: code)
        }
        self.thread = thread
    }

    deinit {
        stop()
        close(bell)
    }

    /// Removes the socket and ends the thread.
    func stop() {
        let wasStopped = isStopped.withLock { isStopped in
            defer { isStopped = true }
            return isStopped
        }
        if wasStopped { return }
        unlink(path)
        csystem_event_signal(bell)
        // On the thread itself, which may let the agent go, nobody could ever wait for it.
        if pthread_equal(thread, pthread_self()) != 0 { pthread_detach(thread) } else { pthread_join(thread, nil) }
    }

    private static let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        csystem_name_thread("control")
        var signals = sigset_t()
        sigfillset(&signals)
        // These say that this very thread has failed.
        for signal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT] { sigdelset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        if let context { Unmanaged<ControlLoop>.fromOpaque(context).takeRetainedValue().run() }
        return nil
    }
}

/// How much the control socket takes of whom, for how long.
struct ControlBounds: Sendable {
    /// Connections at once; the next ones wait in the kernel's queue.
    var connections = 8
    /// Bytes of a line, which is one task.
    var line = 64 * 1024
    /// Without a byte in or out for so long, a connection is closed.
    var idle = Duration.seconds(30)
}

/// Why there is no control socket.
struct ControlFailure: Error, CustomStringConvertible {
    /// What cannot be, and why.
    let description: String

    init(_ path: String, _ what: String, errno code: CInt) {
        description = "\(path) \(what): \(String(cString: strerror(code)))"
    }
}
