internal import CMd

/// A SHA-256 digest (FIPS 180-4), by libmd.
public struct SHA256: Sendable, Hashable, CustomStringConvertible {
    /// The 32 bytes.
    public let bytes: [UInt8]

    /// The digest of some bytes.
    public init(of message: [UInt8]) {
        var pieces = [message].makeIterator()
        self.init(of: &pieces)
    }

    /// The digest of bytes that come piece by piece.
    public init(of pieces: inout some IteratorProtocol<[UInt8]>) {
        var context = SHA2_CTX()
        SHA256Init(&context)
        while let piece = pieces.next() { SHA256Update(&context, piece, piece.count) }
        bytes = [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { buffer, written in
            SHA256Final(buffer.baseAddress, &context)
            written = Int(SHA256_DIGEST_LENGTH)
        }
    }

    /// 64 lower-case hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
