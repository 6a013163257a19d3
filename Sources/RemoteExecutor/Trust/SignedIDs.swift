internal import CommandCatalog

/// The ids that holders of keys used lately, each with what was asked under it: a key's id is used once.
///
/// Whoever has captured a message can send it again, also without being able to sign; then it uses up nothing that its
/// holder needs. A bounded memory; beyond it, and for what an agent before this one took, the time window of signed tasks is
/// what is left.
struct SignedIDs {
    /// How far a message has come.
    enum Step: Int, Comparable {
        /// It had a token of its sender's.
        case asked
        /// The policy allows it, and it had a token of its service's.
        case allowed
        /// It was a question, and was answered.
        case answered
        /// It was a task, and was taken.
        case taken

        static func < (left: Step, right: Step) -> Bool { left.rawValue < right.rawValue }
    }

    private struct Use: Hashable {
        let key: KeyID
        let id: TaskID
    }

    private struct Known {
        let digest: TaskDigest
        let step: Step
    }

    private var taken = Recent<Use, Known>(most: most)
    /// By itself, so that nobody pushes tasks out who may only ask, or nothing at all.
    private var others = Recent<Use, Known>(most: most)

    /// More than the busiest sender asks of one host in five minutes.
    static let most = 20_000

    /// Whether something else was done under the id for the holder of a key.
    func isTaken(_ id: TaskID, by key: KeyID?, for digest: TaskDigest) -> Bool {
        guard let key else { return false }
        let use = Use(key: key, id: id)
        return [taken[use], others[use]].contains { known in
            known.map { $0.step >= .answered && $0.digest != digest } ?? false
        }
    }

    /// How far just the same came before; `nil`: it is new.
    func step(of id: TaskID, by key: KeyID?, for digest: TaskDigest) -> Step? {
        guard let key else { return nil }
        let use = Use(key: key, id: id)
        return [taken[use], others[use]].lazy.compactMap { $0 }.first { $0.digest == digest }?.step
    }

    /// Notes how far a use has come; the oldest gives way.
    mutating func note(_ id: TaskID, by key: KeyID?, for digest: TaskDigest, _ step: Step) {
        guard let key, !isTaken(id, by: key, for: digest), self.step(of: id, by: key, for: digest) ?? .asked <= step
        else { return }
        let use = Use(key: key, id: id)
        if step == .taken {
            taken.note(Known(digest: digest, step: step), for: use)
        } else {
            others.note(Known(digest: digest, step: step), for: use)
        }
    }
}

/// Values of the keys that were noted lately.
private struct Recent<Key: Hashable, Value> {
    private let most: Int
    private var values: [Key: Value] = [:]
    private var order: [Key] = []
    private var oldest = 0

    init(most: Int) { self.most = most }

    subscript(key: Key) -> Value? { values[key] }

    /// Notes a value; the oldest key gives way to a new one.
    mutating func note(_ value: Value, for key: Key) {
        guard values.updateValue(value, forKey: key) == nil else { return }
        guard order.count == most else { return order.append(key) }
        values[order[oldest]] = nil
        order[oldest] = key
        oldest = (oldest + 1) % most
    }
}
