public import JSON

/// A task's identity, as its sender chose it; it comes back in the same type and value.
///
/// An integer of 64 bits, or 1 to 128 bytes without control characters. `1` and `"1"` are different.
public enum TaskID: Sendable {
    /// A number.
    case integer(Int64)
    /// A text.
    case text(String)

    /// The identity in a `task_id` member; `nil` when it is not readable.
    public init?(_ json: JSONValue?) {
        switch json {
        case .integer(let number): self = .integer(number)
        case .string(let text):
            guard text.utf8.count <= 128, Name(text) != nil else { return nil }
            self = .text(text)
        default: return nil
        }
    }

    /// The identity as it stands in a message.
    public var json: JSONValue {
        switch self {
        case .integer(let number): .integer(number)
        case .text(let text): .string(text)
        }
    }

    /// A new identity for a sender: random, of at most 14 digits.
    ///
    /// 2^53-1 would do for readers that only know doubles, but the agents that we replace round longer numbers in their
    /// answer, which then would be nobody's.
    ///
    /// - Parameter generator: Where the chance comes from; by default the system's generator (getrandom(2)).
    /// - Returns: The identity.
    public static func random(using generator: inout some RandomNumberGenerator) -> TaskID {
        .integer(Int64.random(in: 1...99_999_999_999_999, using: &generator))
    }
}

extension TaskID: Hashable {
    /// Whether both are of one type and have the same number or bytes.
    public static func == (left: TaskID, right: TaskID) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left == right
        case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
        default: false
        }
    }

    /// Feeds the number, or the bytes of the text.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .integer(let number): hasher.combine(number)
        case .text(var text): text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }
}

extension TaskID: CustomStringConvertible {
    /// The number or the text.
    public var description: String {
        switch self {
        case .integer(let number): "\(number)"
        case .text(let text): text
        }
    }
}
