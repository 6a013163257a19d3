internal import CommandCatalog

/// Which ends of keys are worth a word now: thirty days, seven days and one day before, each once.
struct KeyEndWarnings {
    /// How long before the end is warned.
    static let thresholds: [Duration] = [30, 7, 1].map { .seconds($0 * 86_400) }

    /// The last threshold that was told, by name and end.
    private var told: [String: (end: Timestamp, threshold: Duration)] = [:]

    /// Whether to warn about something that ends.
    mutating func isDue(_ name: String, end: Timestamp, at now: Timestamp) -> Bool {
        guard let threshold = Self.thresholds.last(where: { end <= now + $0 }) else {
            told[name] = nil
            return false
        }
        if let last = told[name], last.end == end, last.threshold <= threshold { return false }
        told[name] = (end, threshold)
        return true
    }
}
