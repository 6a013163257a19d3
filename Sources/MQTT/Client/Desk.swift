import Synchronization

/// What lies between those who use a client and its thread: wishes in one direction, counters in the other.
final class Desk: Sendable {
    /// What the thread is to do.
    enum Order: Equatable {
        case run
        case reconfigure
        case stop(by: ContinuousClock.Instant)
    }

    /// What the thread takes from the desk in one turn.
    struct Work {
        var order: Order
        var subscriptions: [MQTTSubscription]?
        var announcements: [OutgoingMessage]
        var posted: [Posted]

        /// Whether there is nothing to publish.
        var isEmpty: Bool { announcements.isEmpty && posted.isEmpty }
    }

    /// What becomes of a message that is handed in.
    enum Acceptance {
        case accepted
        /// There is no room; so many were dropped so far.
        case full(dropped: Int)
        /// Nobody will ever send it.
        case closed
    }

    private struct State {
        var options: MQTTOptions
        var order = Order.run
        /// Whether the last look into the outbox is over.
        var isClosed = false
        var outbox: Outbox
        var subscriptions: [MQTTSubscription] = []
        var areSubscriptionsNew = false
        var announcements: [OutgoingMessage] = []
        var unsent: Set<String> = []
        var statistics = MQTTStatistics()
        /// Whether the thread was woken and did not look yet: spares a system call for each message.
        var isSignalled = false
    }

    private let state: Mutex<State>
    private let wake = WakeUp()

    /// Announcements at most: they are kept for ever, and nobody needs more.
    static let maximumAnnouncements = 64

    init(options: MQTTOptions) {
        let outbox = Outbox(maximumCount: options.outboxCount, maximumBytes: options.outboxBytes)
        state = Mutex(State(options: options, outbox: outbox))
    }

    /// Readable for poll when there is something new.
    var wakeDescriptor: CInt { wake.descriptor }

    var options: MQTTOptions { state.withLock { $0.options } }

    var order: Order { state.withLock { $0.order } }

    var statistics: MQTTStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.outboxCount = state.outbox.count
            statistics.outboxBytes = state.outbox.bytes
            return statistics
        }
    }

    func count(_ change: (inout MQTTStatistics) -> Void) {
        state.withLock { change(&$0.statistics) }
    }
}

// MARK: - For the users of the client, on any thread

extension Desk {
    /// Accepts a message, if there is room and somebody to send it.
    func post(_ posted: Posted) -> Acceptance {
        state.withLock { state in
            if state.isClosed { return .closed }
            guard state.outbox.accept(posted) else {
                state.statistics.dropped += 1
                return .full(dropped: state.statistics.dropped)
            }
            signal(&state)
            return .accepted
        }
    }

    func want(_ subscriptions: [MQTTSubscription]) {
        state.withLock { state in
            state.subscriptions = subscriptions
            state.areSubscriptionsNew = true
            signal(&state)
        }
    }

    /// Keeps the latest announcement of a topic; false when there are too many topics.
    func announce(_ message: OutgoingMessage) -> Bool {
        state.withLock { state in
            if let index = state.announcements.firstIndex(where: { $0.topic == message.topic }) {
                guard state.announcements[index] != message else { return true }
                state.announcements[index] = message
            } else {
                guard state.announcements.count < Self.maximumAnnouncements else { return false }
                state.announcements.append(message)
            }
            state.unsent.insert(message.topic)
            signal(&state)
            return true
        }
    }

    /// Has the connection made anew, with other options or with the same.
    func reconfigure(_ options: MQTTOptions? = nil) {
        state.withLock { state in
            if let options { state.options = options }
            if state.order == .run { state.order = .reconfigure }
            // Also when it was woken before: while it waits to connect it takes no notice of mere messages.
            state.isSignalled = true
            wake.signal()
        }
    }

    func stop(by deadline: ContinuousClock.Instant) {
        state.withLock { state in
            state.order = .stop(by: deadline)
            state.isSignalled = true
            wake.signal()
        }
    }

    private func signal(_ state: inout State) {
        if state.isSignalled { return }
        state.isSignalled = true
        wake.signal()
    }
}

// MARK: - For the MQTT thread

extension Desk {
    /// Begins a connection: all subscriptions and announcements are made anew.
    func startConnection() {
        state.withLock { state in
            state.areSubscriptionsNew = true
            state.unsent = Set(state.announcements.map(\.topic))
        }
    }

    /// The options to connect with, after which an order to reconfigure counts as obeyed.
    func optionsForConnection() -> MQTTOptions {
        state.withLock { state in
            if state.order == .reconfigure { state.order = .run }
            return state.options
        }
    }

    /// Takes what is to be done in this turn.
    ///
    /// - Parameter room: How many messages the library may still be given.
    /// - Returns: The order, and what is to be sent.
    func collect(room: Int) -> Work {
        state.withLock { state in
            if state.isSignalled {
                wake.clear()
                state.isSignalled = false
            }
            var work = Work(order: state.order, subscriptions: nil, announcements: [], posted: [])
            if state.areSubscriptionsNew {
                work.subscriptions = state.subscriptions
                state.areSubscriptionsNew = false
            }
            guard room > 0 else { return work }
            if !state.unsent.isEmpty { work.announcements = takeAnnouncements(&state, room) }
            work.posted = state.outbox.take(room - work.announcements.count)
            return work
        }
    }

    /// Whether nothing waits to be sent.
    var hasNothingToSend: Bool { state.withLock { $0.outbox.isEmpty && $0.unsent.isEmpty } }

    /// Forgets the signal while there is no connection to serve; a later order signals again.
    func clearWake() { wake.clear() }

    func putBack(_ posted: [Posted]) {
        state.withLock { $0.outbox.putBack(posted) }
    }

    func finish(_ message: OutgoingMessage) {
        state.withLock { $0.outbox.finish(message) }
    }

    /// Takes nothing more, and gives up what waits; a second call gives up what came back meanwhile.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            let waiting = state.outbox.take(.max)
            for posted in waiting { state.outbox.finish(posted.message) }
            return waiting
        }
        for posted in waiting { posted.completion?(.abandoned) }
    }

    private func takeAnnouncements(_ state: inout State, _ room: Int) -> [OutgoingMessage] {
        let taken = state.announcements.filter { state.unsent.contains($0.topic) }.prefix(room)
        state.unsent.subtract(taken.map(\.topic))
        return Array(taken)
    }
}
