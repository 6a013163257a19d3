/// Messages that were accepted and are not finished: those that wait, in order, and the count of those in flight.
///
/// The bound holds for both together, so that what comes back from a lost connection always has room.
struct Outbox {
    private let maximumCount: Int
    private let maximumBytes: Int
    /// The next is last, so that taking it is cheap: `incoming` is turned around when this is empty.
    private var outgoing: [Posted] = []
    private var incoming: [Posted] = []
    private(set) var count = 0
    private(set) var bytes = 0

    init(maximumCount: Int, maximumBytes: Int) {
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
    }

    /// Whether nothing waits; something may be in flight.
    var isEmpty: Bool { outgoing.isEmpty && incoming.isEmpty }

    /// Accepts a message, unless it would go beyond the bound.
    mutating func accept(_ posted: Posted) -> Bool {
        let cost = posted.message.cost
        guard count < maximumCount, bytes <= maximumBytes - cost else { return false }
        count += 1
        bytes += cost
        incoming.append(posted)
        return true
    }

    /// The next messages, oldest first.
    ///
    /// They stay counted until ``finish(_:)`` or ``putBack(_:)``.
    mutating func take(_ maximum: Int) -> [Posted] {
        var taken: [Posted] = []
        while taken.count < maximum {
            if outgoing.isEmpty { swap(&outgoing, &incoming); outgoing.reverse() }
            guard let next = outgoing.popLast() else { break }
            taken.append(next)
        }
        return taken
    }

    /// Takes back, before all that waits, what was taken and has to be sent again; oldest first.
    mutating func putBack(_ posted: [Posted]) {
        outgoing.append(contentsOf: posted.reversed())
    }

    /// Notes that a taken message needs no more.
    mutating func finish(_ message: OutgoingMessage) {
        count -= 1
        bytes -= message.cost
    }
}

/// A message and who wants to know what became of it.
struct Posted: Sendable {
    let message: OutgoingMessage
    let completion: (@Sendable (PublishOutcome) -> Void)?
}
