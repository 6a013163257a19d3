internal import Digest

/// A place in the chain: the number of a line, and the SHA-256 of its bytes without the newline.
public struct AuditLink: Sendable, Equatable {
    /// The number of the line, from 1; 0 before the first.
    public let sequence: Int64
    /// 64 lower-case hexadecimal digits.
    public let hash: String

    /// A place.
    public init(sequence: Int64, hash: String) {
        self.sequence = sequence
        self.hash = hash
    }

    /// The greatest number that is believed: no audit ever has so many lines, and there are numbers behind it.
    static let greatest: Int64 = 1 << 62

    /// The place before the first line.
    public static let start = AuditLink(sequence: 0, hash: String(repeating: "0", count: 64))

    /// The place of a line that stands there.
    init(sequence: Int64, line: [UInt8]) {
        self.init(sequence: sequence, hash: Self.hash(of: line))
    }

    static func hash(of bytes: [UInt8]) -> String {
        let digits: StaticString = "0123456789abcdef"
        let digest = SHA256(of: bytes).bytes
        return String(unsafeUninitializedCapacity: 2 * digest.count) { buffer in
            for (index, byte) in digest.enumerated() {
                buffer[2 * index] = digits.utf8Start[Int(byte >> 4)]
                buffer[2 * index + 1] = digits.utf8Start[Int(byte & 15)]
            }
            return 2 * digest.count
        }
    }
}

/// Makes lines of entries, each of which names the hash of the one before.
///
/// A value without files and clocks: whoever writes the lines keeps the new chain when they are written, and the old one
/// when they are not.
public struct AuditChain: Sendable, Equatable {
    /// The host that every line names.
    public let host: String
    /// The place of the last line.
    public private(set) var last: AuditLink

    /// A chain that goes on behind a line.
    public init(host: String, after last: AuditLink = .start) {
        self.host = host
        self.last = last
    }

    /// The next line, without its newline.
    public mutating func line(for entry: AuditEntry) -> [UInt8] {
        let line = entry.line(after: last, host: host)
        last = AuditLink(sequence: last.sequence + 1, line: line)
        return line
    }

    /// Leaves out numbers, whose lines are known to have been there.
    mutating func skip(to sequence: Int64) {
        last = AuditLink(sequence: max(last.sequence, sequence), hash: last.hash)
    }
}
