internal import CSodium
internal import CommandCatalog

/// The private half of an Ed25519 key; it is wiped from memory with its last reference, and nothing prints it.
///
/// Unchecked, because the memory is written in `init` and wiped in `deinit`, and only read between them.
public final class SigningKey: @unchecked Sendable {
    /// The public half.
    public let verificationKey: VerificationKey

    /// Seed and public half, as libsodium wants them.
    private let secret: UnsafeMutablePointer<UInt8>

    private static let secretSize = Int(crypto_sign_SECRETKEYBYTES)

    /// The key of a seed that is known to have 32 bytes.
    init(checked seed: [UInt8]) {
        Sodium.prepare()
        secret = .allocate(capacity: Self.secretSize)
        var point = [UInt8](repeating: 0, count: KeyText.keySize)
        guard seed.count == KeyText.keySize, crypto_sign_seed_keypair(&point, secret, seed) == 0,
            let key = VerificationKey(point)
        else { preconditionFailure("every seed of \(KeyText.keySize) bytes is a key; found \(seed.count)") }
        verificationKey = key
    }

    /// The key of a seed of 32 bytes; `nil` when there are more or less.
    public convenience init?(seed: [UInt8]) {
        guard seed.count == KeyText.keySize else { return nil }
        self.init(checked: seed)
    }

    /// The key in a PEM text, as `openssl genpkey -algorithm ed25519` writes it; `nil` for anything else.
    public convenience init?(pem text: String) {
        guard let seed = Self.seed(inPEM: text) else { return nil }
        self.init(checked: seed)
    }

    /// The seed in a PEM text; `nil` for anything else.
    static func seed(inPEM text: String) -> [UInt8]? {
        KeyText.structure(inPEM: text, label: "PRIVATE KEY").flatMap {
            KeyText.key(in: $0, behind: KeyText.privateStart)
        }
    }

    /// A new key, by the system's chance.
    public static func random() -> SigningKey { SigningKey(checked: Sodium.random(KeyText.keySize)) }

    deinit {
        sodium_memzero(secret, Self.secretSize)
        secret.deallocate()
    }

    /// The key as a PEM text; print it nowhere.
    public var pem: String {
        KeyText.pem(
            KeyText.privateStart + UnsafeBufferPointer(start: secret, count: KeyText.keySize), label: "PRIVATE KEY")
    }

    /// The 64 bytes that vouch for these.
    public func signature(of message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: TaskAuthentication.signatureSize) { buffer, written in
            // It cannot fail: its result is always 0.
            if let start = buffer.baseAddress {
                crypto_sign_detached(start, nil, message, UInt64(message.count), secret)
            }
            written = TaskAuthentication.signatureSize
        }
    }
}

extension SigningKey: CustomStringConvertible, CustomReflectable {
    /// The public half.
    public var description: String { "the private half of \(verificationKey)" }

    /// Nothing, for those who print whatever they find.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
