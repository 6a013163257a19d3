internal import CSodium
internal import CommandCatalog

/// The public half of an Ed25519 key (RFC 8032): it tells whether a signature is that of the other half.
public struct VerificationKey: Sendable, Hashable {
    /// The 32 bytes.
    public let bytes: [UInt8]

    /// The key of 32 bytes; `nil` when they are no point of the curve, or one of the few with which anybody could sign.
    public init?(_ bytes: [UInt8]) {
        Sodium.prepare()
        guard bytes.count == KeyText.keySize, crypto_core_ed25519_is_valid_point(bytes) == 1 else { return nil }
        self.bytes = bytes
    }

    /// The key in the base64 of its SubjectPublicKeyInfo, on one line; `nil` for anything else.
    ///
    /// It is what stands between the first and the last line of a PEM file.
    public init?(_ text: String) {
        guard let structure = Base64.bytes(text),
            let bytes = KeyText.key(in: structure, behind: KeyText.publicStart)
        else { return nil }
        self.init(bytes)
    }

    /// The key in a PEM text, as `openssl pkey -pubout` writes it; `nil` for anything else.
    public init?(pem text: String) {
        guard let structure = KeyText.structure(inPEM: text, label: "PUBLIC KEY"),
            let bytes = KeyText.key(in: structure, behind: KeyText.publicStart)
        else { return nil }
        self.init(bytes)
    }

    /// The key as a PEM text.
    public var pem: String { KeyText.pem(KeyText.publicStart + bytes, label: "PUBLIC KEY") }

    /// Whether a signature is that of these bytes by this key.
    public func isSignature(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == TaskAuthentication.signatureSize else { return false }
        Sodium.prepare()
        return crypto_sign_verify_detached(signature, message, UInt64(message.count), bytes) == 0
    }
}

extension VerificationKey: CustomStringConvertible {
    /// The base64 of the SubjectPublicKeyInfo, on one line.
    public var description: String { Base64.text(KeyText.publicStart + bytes) }
}
