import CSystem
import Glibc
import Synchronization

/// What happened, in order: from the MQTT thread to the one that waits.
final class EventQueue<Event: Sendable>: Sendable {
    private struct Contents {
        var events: [Event] = []
        var dropped = 0
    }

    /// Events that wait at most: two retained messages of each of 100,000 hosts.
    private static var capacity: Int { 200_000 }

    private let contents = Mutex(Contents())
    private let bell: CInt

    /// An empty queue.
    init() {
        bell = csystem_event_create()
        precondition(bell >= 0, "eventfd: \(String(cString: strerror(errno)))")
    }

    deinit { close(bell) }

    /// How many found no room.
    var dropped: Int { contents.withLock { $0.dropped } }

    /// Puts an event in.
    func post(_ event: Event) {
        contents.withLock { contents in
            guard contents.events.count < Self.capacity else { return contents.dropped += 1 }
            contents.events.append(event)
        }
        csystem_event_signal(bell)
    }

    /// All events so far; blocks the thread until there is one, or the time is over and there is none.
    func next(until deadline: ContinuousClock.Instant) -> [Event] {
        while true {
            csystem_event_clear(bell)
            let taken = contents.withLock { contents in
                defer { contents.events = [] }
                return contents.events
            }
            let left = deadline - ContinuousClock.now
            if !taken.isEmpty || left <= .zero { return taken }
            var set = pollfd(fd: bell, events: Int16(POLLIN), revents: 0)
            poll(&set, 1, left.pollTime)
        }
    }
}

extension Duration {
    /// Milliseconds for poll(2), rounded up so that nobody wakes a moment too early again and again.
    var pollTime: CInt {
        CInt(
            clamping: components.seconds * 1000 + (components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        )
    }

    /// Whole milliseconds.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
