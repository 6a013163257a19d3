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
        /// It was taken, or answered.
        case done

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

    private var uses: [Use: Known] = [:]
    private var order: [Use] = []
    private var oldest = 0

    /// More than the busiest sender asks of one host in five minutes.
    static let most = 20_000

    /// Whether something else was done under the id for the holder of a key.
    func isTaken(_ id: TaskID, by key: KeyID?, for digest: TaskDigest) -> Bool {
        guard let key, let known = uses[Use(key: key, id: id)] else { return false }
        return known.step == .done && known.digest != digest
    }

    /// How far just the same came before; `nil`: it is new.
    func step(of id: TaskID, by key: KeyID?, for digest: TaskDigest) -> Step? {
        guard let key, let known = uses[Use(key: key, id: id)], known.digest == digest else { return nil }
        return known.step
    }

    /// Notes how far a use has come; the oldest gives way.
    mutating func note(_ id: TaskID, by key: KeyID?, for digest: TaskDigest, _ step: Step) {
        guard let key, !isTaken(id, by: key, for: digest) else { return }
        let use = Use(key: key, id: id)
        let before = self.step(of: id, by: key, for: digest) ?? step
        guard uses.updateValue(Known(digest: digest, step: max(before, step)), forKey: use) == nil else { return }
        guard order.count == Self.most else { return order.append(use) }
        uses[order[oldest]] = nil
        order[oldest] = use
        oldest = (oldest + 1) % Self.most
    }
}
