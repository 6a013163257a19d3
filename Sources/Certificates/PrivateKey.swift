internal import COpenSSL

/// A private key; it is used on one thread.
public final class PrivateKey {
    let handle: OpaquePointer

    private init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        EVP_PKEY_free(handle)
    }

    /// Makes a key for ECDSA on the curve P-256, which every broker understands.
    public static func random() throws(CertificateError) -> PrivateKey {
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else { throw Library.failure("EVP_PKEY_CTX_new_id") }
        defer { EVP_PKEY_CTX_free(context) }
        var handle: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1,
            EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
            EVP_PKEY_generate(context, &handle) == 1, let handle
        else { throw Library.failure("EVP_PKEY_generate") }
        return PrivateKey(handle)
    }

    /// Reads the first private key of a PEM text, of any kind that the library knows.
    ///
    /// - Throws: There is none, or it is encrypted.
    public convenience init(pem text: [UInt8]) throws(CertificateError) {
        ERR_clear_error()
        let memory = try Memory.holding(text)
        var wasAsked = false
        let handle = withUnsafeMutablePointer(to: &wasAsked) {
            PEM_read_bio_PrivateKey(memory.handle, nil, noteAndRefuse, $0)
        }
        if let handle {
            self.init(handle)
            return
        }
        let failure = Library.failure("PEM_read_bio_PrivateKey", "holds no PEM private key")
        guard wasAsked else { throw failure }
        throw CertificateError(
            "is encrypted; an unencrypted key is needed, since nobody can type its password", call: failure.call)
    }

    /// The key as a PEM text (PKCS #8, not encrypted); write it nowhere but to a file of its owner's.
    public var pem: String {
        get throws(CertificateError) {
            let memory = try Memory()
            guard PEM_write_bio_PKCS8PrivateKey(memory.handle, handle, nil, nil, 0, nil, nil) == 1 else {
                throw Library.failure("PEM_write_bio_PKCS8PrivateKey")
            }
            return String(decoding: memory.bytes, as: UTF8.self)
        }
    }

    /// Whether the certificate is about this key.
    public func belongs(to certificate: Certificate) throws(CertificateError) -> Bool {
        let fits = try certificate.withHandle { X509_check_private_key($0, handle) == 1 }
        ERR_clear_error()
        return fits
    }

    /// The digest to sign with; none where the kind of key has its own.
    var digest: OpaquePointer? {
        let hasItsOwn = EVP_PKEY_is_a(handle, "ED25519") == 1 || EVP_PKEY_is_a(handle, "ED448") == 1
        return hasItsOwn ? nil : EVP_sha256()
    }
}

extension PrivateKey: CustomStringConvertible, CustomReflectable {
    /// Nothing of the key.
    public var description: String { "a private key" }

    /// Nothing, so that a dump shows no key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Answers the library's question for a password with a failure, and notes in the Bool behind the pointer that it asked:
/// otherwise it would ask the terminal, and we would hang.
private let noteAndRefuse: @convention(c) (UnsafeMutablePointer<CChar>?, CInt, CInt, UnsafeMutableRawPointer?) -> CInt =
    {
        _, _, _, note in
        note?.assumingMemoryBound(to: Bool.self).pointee = true
        return -1
    }
