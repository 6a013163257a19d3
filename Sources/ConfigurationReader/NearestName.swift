/// What to say about a name that is not known: which are, and which of them was probably meant.
public struct NearestName {
    private let name: String
    private let known: [String]

    /// The name that was found, and the names that would have been right.
    public init(of name: String, among known: [String]) {
        self.name = name
        self.known = known
    }

    /// `unknown key; did you mean "timeout"? Known here: …`.
    public var explanation: String {
        let hint = nearest.map { "; did you mean \"\($0)\"?" } ?? ";"
        let list = known.sorted().joined(separator: ", ")
        return "unknown key\(hint) Known here: \(list.isEmpty ? "none" : list)"
    }

    /// The known name with the fewest differing letters, if a typing mistake could explain it.
    public var nearest: String? {
        // In one order, so that of two that are as near the same one is named every time.
        let candidates = known.sorted().map { (name: $0, distance: Self.distance(name, $0)) }
        guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
        // At least one letter must be the same, or every name of one letter would be near every other.
        let isNear = best.distance <= max(1, best.name.count / 3) && best.distance < best.name.count
        return isNear ? best.name : nil
    }

    /// How many letters must be added, left out, replaced or swapped with a neighbour; case does not count.
    static func distance(_ left: String, _ right: String) -> Int {
        // A key of a kilobyte is nobody's typing mistake, and the table grows with the product of the lengths.
        let (left, right) = (Array(left.lowercased().prefix(64)), Array(right.lowercased().prefix(64)))
        var table = [Array(0...right.count)]
        for row in 1..<(left.count + 1) {
            var line = [row]
            for column in 1..<(right.count + 1) {
                let same = left[row - 1] == right[column - 1]
                let changed = min(line[column - 1], table[row - 1][column]) + 1
                var best = min(changed, table[row - 1][column - 1] + (same ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    best = min(best, table[row - 2][column - 2] + 1)
                }
                line.append(best)
            }
            table.append(line)
        }
        return table[left.count][right.count]
    }
}
