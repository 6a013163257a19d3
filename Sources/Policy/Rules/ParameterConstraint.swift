internal import CommandCatalog
internal import JSON

/// What a rule wants of a parameter; a task that leaves the parameter out does not match.
struct ParameterConstraint: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// One of these texts, compared byte by byte.
        case values([String])
        /// Like one of these patterns.
        case like([NamePattern])
        /// A whole number within a range.
        case range(ClosedRange<Int64>)
    }

    let name: Name
    let kind: Kind

    func matches(_ value: JSONValue?) -> Bool { value.flatMap(Self.text).map(matches) ?? false }

    private func matches(_ text: String) -> Bool {
        switch kind {
        case .values(let values): values.contains { $0.utf8.elementsEqual(text.utf8) }
        case .like(let patterns): patterns.contains { $0.matches(text) }
        case .range(let range): Self.number(text).map(range.contains) ?? false
        }
    }

    /// Why the value does not match; it is not shown itself, for it may be a secret.
    func obstacle(to value: JSONValue?) -> String? {
        guard value != nil else { return "is not there" }
        return matches(value) ? nil : "is not \(kind)"
    }

    /// The text of a value: `5` and `"5"` are the same to a command, and so they are to a rule.
    static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): "\(number)"
        case .bool(let flag): "\(flag)"
        default: nil
        }
    }

    /// A number in the one form that the catalog takes.
    private static func number(_ text: String) -> Int64? { Int64(text).flatMap { "\($0)" == text ? $0 : nil } }
}

extension ParameterConstraint {
    /// Whether every value that the other takes is taken by this one; `false` also where that is not clear.
    func covers(_ other: ParameterConstraint) -> Bool {
        switch (kind, other.kind) {
        case (_, .values(let values)): values.allSatisfy(matches)
        case (.like(let patterns), .like(let others)):
            others.allSatisfy { pattern in patterns.contains { $0.covers(pattern) } }
        case (.range(let range), .range(let inner)):
            range.contains(inner.lowerBound) && range.contains(inner.upperBound)
        default: false
        }
    }
}

extension ParameterConstraint.Kind: CustomStringConvertible {
    var description: String {
        switch self {
        case .values(let values): values.map(\.debugDescription).joined(separator: " or ")
        case .like(let patterns): "like \(patterns.map(\.text).joined(separator: " or "))"
        case .range(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        }
    }
}
