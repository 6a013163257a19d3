import Glibc

/// Waits for a socket and for a wake-up; with poll, because select fails on descriptors from 1024 on.
struct Poller {
    /// What was there.
    struct Ready {
        var isReadable = false
        var isWritable = false
        /// The other side sends no more; what it sent before may still wait to be read.
        var isHungUp = false
        var isWoken = false
    }

    private var set: [pollfd]

    /// Linux's POLLRDHUP, which Glibc's Swift module does not show.
    private static let peerHungUp: CInt = 0x2000

    /// Takes the descriptor that is always waited for.
    init(wake: CInt) {
        let nothing = pollfd(fd: -1, events: 0, revents: 0)
        set = [nothing, pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
    }

    /// Waits.
    ///
    /// - Parameters:
    ///   - socket: The socket, or -1 for none.
    ///   - wantsWrite: Whether to wait until it can be written, too.
    ///   - timeout: The longest wait; nil for ever.
    /// - Returns: What was there, nothing when the time was over.
    mutating func wait(socket: CInt, wantsWrite: Bool = false, timeout: Duration?) -> Ready {
        set[0].fd = socket
        set[0].events = Int16(POLLIN) | Int16(Self.peerHungUp) | (wantsWrite ? Int16(POLLOUT) : 0)
        set[0].revents = 0
        set[1].revents = 0
        // A signal ends it early, which is the same as a time-out of zero.
        guard poll(&set, nfds_t(set.count), Self.milliseconds(timeout)) > 0 else { return Ready() }
        let (events, ended) = (CInt(set[0].revents), Self.peerHungUp | POLLHUP | POLLERR | POLLNVAL)
        return Ready(
            isReadable: events & (POLLIN | ended) != 0,
            isWritable: events & POLLOUT != 0,
            isHungUp: events & ended != 0,
            isWoken: set[1].revents != 0
        )
    }

    /// Rounded up: rounding down would wake too early, and again, until the time has come.
    private static func milliseconds(_ duration: Duration?) -> CInt {
        guard let duration else { return -1 }
        let (seconds, attoseconds) = max(.zero, min(duration, .seconds(86_400))).components
        return CInt(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
