internal import CCrypto

/// A SHA-256 digest (FIPS 180-4), by the libcrypto that libmosquitto brings along anyway.
public struct SHA256: Sendable, Hashable, CustomStringConvertible {
    /// The 32 bytes of the digest.
    public let bytes: [UInt8]

    /// The digest of some bytes.
    public init(of message: [UInt8]) {
        var length: UInt32 = 0
        var digest = [UInt8](repeating: 0, count: 32)
        guard EVP_Digest(message, message.count, &digest, &length, EVP_sha256(), nil) == 1, length == 32 else {
            // libcrypto refuses only when its SHA-256 has been configured away, and then nothing here can be trusted.
            preconditionFailure("libcrypto has no SHA-256")
        }
        bytes = digest
    }

    /// 64 lower-case hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
