internal import CMd

/// A SHA-256 digest (FIPS 180-4), by libmd.
public struct SHA256: Sendable, Hashable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public let description: String

    /// The digest of some bytes.
    public init(of message: [UInt8]) {
        // 64 digits and a NUL.
        var digits = [CChar](repeating: 0, count: 65)
        SHA256Data(message, message.count, &digits)
        description = String(decoding: digits.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
