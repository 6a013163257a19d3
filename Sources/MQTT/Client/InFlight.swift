/// What the library has and the broker did not acknowledge yet, by packet identifier.
struct InFlight {
    private enum Entry {
        case message(Posted, order: Int)
        /// Made again at each connection by itself, so there is nothing to keep.
        case announcement
    }

    private var entries: [CInt: Entry] = [:]
    private var order = 0

    /// How many messages the library may have at once: its own queue has no bound, and its identifiers have 16 bits.
    static let maximum = 100

    var isEmpty: Bool { entries.isEmpty }
    var room: Int { Self.maximum - entries.count }

    /// Whether one of them waits for the two answers of QoS 2.
    var hasExactlyOnce: Bool {
        entries.values.contains {
            if case .message(let posted, _) = $0 { posted.message.qos == .exactlyOnce } else { false }
        }
    }

    mutating func add(_ posted: Posted, identifier: CInt) {
        order += 1
        entries[identifier] = .message(posted, order: order)
    }

    mutating func addAnnouncement(identifier: CInt) {
        entries[identifier] = .announcement
    }

    /// Removes what the broker answered; nil for an announcement and for what is not known.
    mutating func finish(identifier: CInt) -> Posted? {
        guard case .message(let posted, _)? = entries.removeValue(forKey: identifier) else { return nil }
        return posted
    }

    /// Removes everything, in the order in which it was sent.
    mutating func takeAll() -> [Posted] {
        defer { entries = [:] }
        return entries.values
            .compactMap { entry -> (Posted, Int)? in
                guard case .message(let posted, let order) = entry else { return nil }
                return (posted, order)
            }
            .sorted { $0.1 < $1.1 }
            .map(\.0)
    }
}
