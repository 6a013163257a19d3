internal import CommandCatalog

/// A text in which `*` stands for any bytes; everything else stands for itself, byte by byte.
struct NamePattern: Sendable, Equatable {
    let text: String
    private let bytes: [UInt8]
    private let isExact: Bool

    /// Bytes of a pattern at most: matching takes at most its length times the length of the value.
    static let largestLength = 255

    /// The pattern, or `nil` when it is empty, longer than 255 bytes, or has a control character.
    init?(_ text: String) {
        guard let name = Name(text) else { return nil }
        self.text = name.text
        bytes = Array(text.utf8)
        isExact = !bytes.contains(star)
    }

    static func == (left: NamePattern, right: NamePattern) -> Bool { left.bytes == right.bytes }

    /// Whether it is this text and nothing else.
    func isExactly(_ other: String) -> Bool { isExact && bytes.elementsEqual(other.utf8) }

    func matches(_ value: String) -> Bool {
        isExact ? bytes.elementsEqual(value.utf8) : matches(Array(value.utf8))
    }

    /// Whether every text that the other matches is matched by this one.
    ///
    /// A star of the other can only be matched by a star of ours, as if it were a letter, and that takes whatever stands for it.
    func covers(_ other: NamePattern) -> Bool { isExact ? self == other : matches(other.bytes) }

    // At a difference the last star takes one byte more; going back beyond that star could win nothing.
    private func matches(_ value: [UInt8]) -> Bool {
        var (place, position) = (0, 0)
        var retry: (place: Int, position: Int)?
        while position < value.count {
            if place < bytes.count, bytes[place] == star {
                retry = (place + 1, position)
                place += 1
            } else if place < bytes.count, bytes[place] == value[position] {
                place += 1
                position += 1
            } else if let last = retry {
                retry = (last.place, last.position + 1)
                (place, position) = (last.place, last.position + 1)
            } else {
                return false
            }
        }
        return bytes[place...].allSatisfy { $0 == star }
    }
}

private let star = UInt8(ascii: "*")

/// Which services, or which commands, a rule is about.
struct NamePatterns: Sendable, Equatable {
    let patterns: [NamePattern]
    /// A name that no star covers.
    var reserved: String?

    /// Whether the name is one of them; what is not known is matched only by a bare `*`.
    func matches(_ name: Name?) -> Bool {
        guard let name else { return patterns.contains { $0.text == "*" } }
        if let reserved, name.text.utf8.elementsEqual(reserved.utf8) {
            return patterns.contains { $0.isExactly(reserved) }
        }
        return patterns.contains { $0.matches(name.text) }
    }

    /// Why the name is none of them.
    func obstacle(to name: Name?) -> String? {
        guard !matches(name) else { return nil }
        guard let name else { return "not known, and so none of \(self)" }
        let hint = name.text == reserved && patterns.contains { $0.matches(name.text) } ? "; it must be named" : ""
        return "\(name) is none of \(self)\(hint)"
    }

    func covers(_ other: NamePatterns) -> Bool {
        other.patterns.allSatisfy { pattern in
            guard let reserved, pattern.isExactly(reserved) else { return patterns.contains { $0.covers(pattern) } }
            return patterns.contains { $0.isExactly(reserved) }
        }
    }
}

extension NamePatterns: CustomStringConvertible {
    var description: String { patterns.map(\.text).joined(separator: ", ") }
}
