import CMosquitto
import Glibc

/// A descriptor that any thread makes readable, so that the MQTT thread leaves its poll.
struct WakeUp: ~Copyable, Sendable {
    /// For poll; readable after ``signal()`` until ``clear()``.
    let descriptor: CInt

    init() {
        descriptor = cmosquitto_eventfd()
        // Without a descriptor left at start there is nothing a program can do, and nobody to tell it to yet.
        precondition(descriptor >= 0, "eventfd: \(SystemError.text(errno))")
    }

    deinit {
        close(descriptor)
    }

    /// Wakes the thread, now or at its next poll.
    borrowing func signal() { _ = eventfd_write(descriptor, 1) }

    /// Forgets earlier signals.
    borrowing func clear() {
        var count: eventfd_t = 0
        _ = eventfd_read(descriptor, &count)
    }
}
