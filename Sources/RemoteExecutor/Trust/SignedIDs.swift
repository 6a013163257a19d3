internal import CommandCatalog

/// The ids that holders of keys used lately, each with what was asked under it: a key's id is used once.
///
/// A bounded memory; beyond it, and for what an agent before this one took, the time window of signed tasks is what is left.
struct SignedIDs {
    private struct Use: Hashable {
        let key: KeyID
        let id: TaskID
    }

    private var uses: [Use: TaskDigest] = [:]
    private var order: [Use] = []
    private var oldest = 0

    /// More than the busiest sender asks of one host in five minutes.
    static let most = 20_000

    /// Whether the holder of a key used the id for something else.
    func isTaken(_ id: TaskID, by key: KeyID?, for digest: TaskDigest) -> Bool {
        guard let key, let known = uses[Use(key: key, id: id)] else { return false }
        return known != digest
    }

    /// Notes a use; the oldest gives way.
    mutating func note(_ id: TaskID, by key: KeyID?, for digest: TaskDigest) {
        guard let key else { return }
        let use = Use(key: key, id: id)
        guard uses.updateValue(digest, forKey: use) == nil else { return }
        guard order.count == Self.most else { return order.append(use) }
        uses[order[oldest]] = nil
        order[oldest] = use
        oldest = (oldest + 1) % Self.most
    }
}
