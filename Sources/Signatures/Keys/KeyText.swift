internal import CommandCatalog

/// The forms in which other tools write Ed25519 keys (RFC 8410, RFC 7468): few bytes that never change, and the key.
enum KeyText {
    /// A PKCS#8 structure, up to the 32 bytes of the seed.
    static let privateStart: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]
    /// A SubjectPublicKeyInfo, up to the 32 bytes of the key.
    static let publicStart: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]

    /// Bytes of a seed and of a public key.
    static let keySize = 32

    /// The key in a structure that begins so; `nil` when it is of another kind or length.
    static func key(in structure: [UInt8], behind start: [UInt8]) -> [UInt8]? {
        guard structure.count == start.count + keySize, structure.starts(with: start) else { return nil }
        return Array(structure[start.count...])
    }

    /// The structure in a PEM text of exactly one block of a label; `nil` for anything else.
    static func structure(inPEM text: String, label: String) -> [UInt8]? {
        // Both ends of line, each of which is one character.
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        if lines.last?.isEmpty == true { lines.removeLast() }
        guard lines.count >= 3, lines.first == "-----BEGIN \(label)-----", lines.last == "-----END \(label)-----"
        else { return nil }
        return Base64.bytes(lines.dropFirst().dropLast().joined())
    }

    /// A PEM text with one block; keys fit in one line.
    static func pem(_ structure: [UInt8], label: String) -> String {
        "-----BEGIN \(label)-----\n\(Base64.text(structure))\n-----END \(label)-----\n"
    }
}
