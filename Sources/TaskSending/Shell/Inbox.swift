import CSystem
import CommandCatalog
import Glibc
import Synchronization

/// What happened, in order: from the MQTT thread and the signal thread to the one that waits.
final class Inbox: Sendable {
    /// How much output may wait for us, in bytes, when the reader of ours is slow; what is more leaves a gap, which is
    /// said, and can be fetched.
    private static let mostOutput = 16 << 20

    private struct State {
        var events: [Conversation.Event] = []
        var outputSize = 0
    }

    private let state = Mutex(State())
    private let bell: CInt

    /// An empty inbox.
    init() {
        bell = csystem_event_create()
        precondition(bell >= 0, "eventfd: \(String(cString: strerror(errno)))")
    }

    deinit { close(bell) }

    /// Puts an event in.
    ///
    /// Nobody else posts without bound: the MQTT thread tells only what concerns our one task.
    func post(_ event: Conversation.Event) {
        state.withLock { state in
            let size = event.outputSize
            guard size == 0 || state.outputSize + size <= Self.mostOutput else { return }
            state.outputSize += size
            state.events.append(event)
        }
        csystem_event_signal(bell)
    }

    /// The next events; blocks the thread until there is one.
    ///
    /// - Parameter deadline: When this passes without any, it is the one event.
    /// - Returns: The events, at least one.
    func next(until deadline: ContinuousClock.Instant) -> [Conversation.Event] {
        while true {
            csystem_event_clear(bell)
            let taken = state.withLock { state in
                defer { state = State() }
                return state.events
            }
            if !taken.isEmpty { return taken }
            let left = deadline - ContinuousClock.now
            if left <= .zero { return [.timeIsUp] }
            var set = pollfd(fd: bell, events: Int16(POLLIN), revents: 0)
            poll(&set, 1, Self.milliseconds(left))
        }
    }

    /// Rounded up, so that it does not wake a moment too early again and again.
    private static func milliseconds(_ duration: Duration) -> CInt {
        let (seconds, attoseconds) = duration.components
        return CInt(clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

extension Conversation.Event {
    /// How much of the bound for output it takes.
    fileprivate var outputSize: Int {
        guard case .progress(let event) = self, case .output(let chunk) = event.kind else { return 0 }
        return chunk.text.utf8.count
    }
}
