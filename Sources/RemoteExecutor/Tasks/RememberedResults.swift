internal import CommandCatalog

/// The results of tasks that ran while the journal took nothing: a bounded memory against doing the same twice.
struct RememberedResults {
    private var results: [TaskDigest: TaskResult] = [:]
    private var order: [TaskDigest] = []

    /// As many tasks as a person or a detector sends to a host whose disk is full, and more.
    static let most = 1000

    subscript(digest: TaskDigest) -> TaskResult? { results[digest] }

    /// Remembers a result; the oldest gives way.
    mutating func remember(_ result: TaskResult, of digest: TaskDigest) {
        if results.updateValue(result, forKey: digest) == nil { order.append(digest) }
        if order.count > Self.most { results[order.removeFirst()] = nil }
    }
}
