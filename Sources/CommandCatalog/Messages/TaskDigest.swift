internal import Digest

/// What a task is known by: the SHA-256 of everything in it that changes what is done or answered.
///
/// Two messages with the same digest are one task, however their members are ordered and spaced. Who asks and why
/// (`from`, `reason`, `cause`), what must be understood (`needs`) and unknown members are not part of it.
public struct TaskDigest: Sendable, Hashable {
    // Four words instead of an array: a million of them are kept in memory.
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    /// How many bytes it has.
    public static let size = 32

    /// The digest of these 32 bytes; `nil` when there are more or less.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        func word(_ index: Int) -> UInt64 {
            bytes[(8 * index)..<(8 * index + 8)].reduce(0) { $0 << 8 | UInt64($1) }
        }
        (first, second, third, fourth) = (word(0), word(1), word(2), word(3))
    }

    /// The digest of 64 hexadecimal digits; `nil` when the text is none.
    public init?(hex text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 2 * Self.size else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Self.nibble(digits[index]), let low = Self.nibble(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self.init(bytes: bytes)
    }

    init(of tuple: TupleBytes) {
        let bytes = SHA256(of: tuple.bytes).bytes
        guard let digest = TaskDigest(bytes: bytes) else {
            preconditionFailure("a SHA-256 has 32 bytes, not \(bytes.count)")
        }
        self = digest
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        [first, second, third, fourth].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension TaskDigest: CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
