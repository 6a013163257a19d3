public import JSON

/// Fields in a row, each with its kind and its length before it, so that no two rows of fields have the same bytes.
///
/// A field is one byte for its kind, eight for the length of its content, high ones first, and the content. What is signed
/// and what tasks are known by are such bytes, so they stay as they are; `docs/signatures.md` tells them to others.
public struct TupleBytes: Sendable {
    /// The fields so far.
    public private(set) var bytes: [UInt8] = []

    /// No fields.
    public init() {}

    /// What a field is; the number is part of the bytes and stays what it is.
    private enum Kind: UInt8 {
        case absent, null, bool, integer, real, text, array, object
    }

    /// Adds a text, or that there is none.
    public mutating func append(_ text: String?) {
        guard let text else { return append(.absent, []) }
        append(.text, Array(text.utf8))
    }

    /// Adds a number.
    public mutating func append(_ number: Int64) { append(.integer, Self.bytes(UInt64(bitPattern: number))) }

    /// Adds a truth value.
    public mutating func append(_ flag: Bool) { append(.bool, [flag ? 1 : 0]) }

    /// Adds a task's identity with its type.
    public mutating func append(_ id: TaskID) {
        switch id {
        case .integer(let number): append(number)
        case .text(let text): append(text)
        }
    }

    /// Adds parameters in the order of their names, or that there are none.
    mutating func append(_ parameters: [Name: JSONValue]?) {
        guard let parameters else { return append(.absent, []) }
        appendMembers(parameters.sorted { $0.key < $1.key }.map { ($0.key.text, $0.value) })
    }

    /// Adds texts in their order, or that there are none.
    mutating func append(_ words: [String]?) {
        guard let words else { return append(.absent, []) }
        append(.array(words.map(JSONValue.string)))
    }

    /// Adds a value, or that there is none.
    mutating func append(_ value: JSONValue?) {
        guard let value else { return append(.absent, []) }
        append(value)
    }

    /// Adds a value; the members of an object in the order of their names' bytes.
    public mutating func append(_ value: JSONValue) {
        switch value {
        case .null: append(.null, [])
        case .bool(let flag): append(flag)
        case .integer(let number): append(number)
        case .real(let number): append(.real, Self.bytes(number.bitPattern))
        case .string(let text): append(text)
        case .array(let elements):
            append(.array, Self.bytes(UInt64(elements.count)))
            for element in elements { append(element) }
        case .object(let object):
            let members = object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            appendMembers(members.map { ($0.name, $0.value) })
        }
    }

    private mutating func appendMembers(_ members: [(name: String, value: JSONValue)]) {
        append(.object, Self.bytes(UInt64(members.count)))
        for (name, value) in members {
            append(name)
            append(value)
        }
    }

    private mutating func append(_ kind: Kind, _ content: [UInt8]) {
        bytes.append(kind.rawValue)
        bytes += Self.bytes(UInt64(content.count))
        bytes += content
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}
