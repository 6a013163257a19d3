import Synchronization

/// What waits for one instance, in order of arrival, with a bound for each kind; what found no room is counted.
final class Mailbox: Sendable {
    /// Deliveries of one kind that wait at most.
    ///
    /// A thousand batches of metrics are some minutes of a busy host; a
    /// thousand messages are more than a person or a rule sends while a plugin hangs.
    static let capacity = 1000

    /// How much waits, and what found no room since the start.
    struct Counters: Sendable, Equatable {
        var waiting = 0
        /// Batches of metrics that gave way to newer ones.
        var droppedMetrics = 0
        /// Messages, notifications and results that found no room.
        var refused = 0

        var lost: Int { droppedMetrics + refused }
    }

    private struct State {
        var queues: [BoundedQueue<(number: UInt64, delivery: Delivery)>]
        var nextNumber: UInt64 = 0
        var counters = Counters()
        var isClosed = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state: Mutex<State>

    init(capacity: Int = Mailbox.capacity) {
        let queues = Delivery.Kind.allCases.map { _ in
            BoundedQueue<(number: UInt64, delivery: Delivery)>(capacity: capacity)
        }
        state = Mutex(State(queues: queues))
    }

    var counters: Counters { state.withLock(\.counters) }

    /// Adds a delivery; `false` when something was lost for want of room: this one, or the oldest metrics.
    @discardableResult
    func put(_ delivery: Delivery) -> Bool {
        let (isLossless, waiter) = state.withLock { state in
            (Self.add(delivery, to: &state), state.waiter.take())
        }
        waiter?.resume()
        return isLossless
    }

    /// Waits for the next delivery; `nil` when the mailbox is closed and empty.
    func next() async -> Delivery? {
        while true {
            let (delivery, isClosed) = state.withLock { (Self.take(from: &$0), $0.isClosed) }
            if delivery != nil || isClosed { return delivery }
            await arrival()
        }
    }

    /// Takes nothing more; what waits can still be taken out.
    func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Closes, and throws away what waits.
    ///
    /// - Returns: How many deliveries nobody will handle.
    @discardableResult
    func abandon() -> Int {
        close()
        var count = 0
        while let delivery = state.withLock({ Self.take(from: &$0) }) {
            switch delivery {
            case .read(let request): request.finished.resume(returning: .abandoned)
            case .mark(let completion): completion.finish()
            case .metrics, .notification, .message, .result: count += 1
            }
        }
        return count
    }

    private func arrival() async {
        await withCheckedContinuation { continuation in
            let isNeeded = state.withLock { state in
                guard state.counters.waiting == 0, !state.isClosed else { return false }
                precondition(state.waiter == nil, "a mailbox has one reader")
                state.waiter = continuation
                return true
            }
            if !isNeeded { continuation.resume() }
        }
    }

    private static func add(_ delivery: Delivery, to state: inout State) -> Bool {
        guard !state.isClosed else { return refuse(delivery, in: &state) }
        let kind = delivery.kind.rawValue
        var isLossless = true
        if state.queues[kind].isFull {
            guard delivery.kind == .metrics else { return refuse(delivery, in: &state) }
            // The newest metrics are worth more than the oldest.
            _ = state.queues[kind].popFirst()
            state.counters.waiting -= 1
            state.counters.droppedMetrics += 1
            isLossless = false
        }
        state.queues[kind].append((state.nextNumber, delivery))
        state.nextNumber += 1
        state.counters.waiting += 1
        return isLossless
    }

    private static func refuse(_ delivery: Delivery, in state: inout State) -> Bool {
        switch delivery {
        case .metrics: state.counters.droppedMetrics += 1
        case .read(let request): request.finished.resume(returning: .abandoned)
        case .mark(let completion): completion.finish()
        case .notification, .message, .result: state.counters.refused += 1
        }
        return false
    }

    private static func take(from state: inout State) -> Delivery? {
        let heads = state.queues.indices.compactMap { kind in
            state.queues[kind].head.map { (kind: kind, number: $0.number) }
        }
        guard let oldest = heads.min(by: { $0.number < $1.number }) else { return nil }
        state.counters.waiting -= 1
        return state.queues[oldest.kind].popFirst()?.delivery
    }
}
