import COpenSSL
import Glibc

/// A context of OpenSSL into which the files of a connection are loaded to see whether they are good.
struct TLSFiles: ~Copyable {
    private let context: OpaquePointer

    init() throws(MQTTError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_client_method()) else {
            throw Self.failure("SSL_CTX_new", "OpenSSL cannot start: \(Self.lastError())")
        }
        // Without it OpenSSL asks the terminal for the password of an encrypted key, and we would hang.
        SSL_CTX_set_default_passwd_cb(context, refusePassword)
        self.context = context
    }

    deinit {
        SSL_CTX_free(context)
    }

    borrowing func loadAuthorities(_ path: String) throws(MQTTError) {
        try Self.mustBeReadable(path, what: "CA file")
        guard SSL_CTX_load_verify_locations(context, path, nil) == 1 else {
            throw Self.failure(
                "SSL_CTX_load_verify_locations", "CA file \(path) holds no PEM certificate: \(Self.lastError())"
            )
        }
    }

    borrowing func loadCertificate(_ path: String) throws(MQTTError) {
        try Self.mustBeReadable(path, what: "certificate file")
        guard SSL_CTX_use_certificate_chain_file(context, path) == 1 else {
            throw Self.failure(
                "SSL_CTX_use_certificate_chain_file",
                "certificate file \(path) holds no usable PEM certificate: \(Self.lastError())"
            )
        }
    }

    borrowing func loadKey(_ path: String) throws(MQTTError) {
        try Self.mustBeReadable(path, what: "key file")
        let key = try Self.readKey(path)
        defer { EVP_PKEY_free(key) }
        // A key that does not belong to the certificate is refused here already; that is told by checkMatch.
        _ = SSL_CTX_use_PrivateKey(context, key)
        ERR_clear_error()
    }

    borrowing func checkMatch(certificate: String, key: String) throws(MQTTError) {
        guard SSL_CTX_check_private_key(context) == 1 else {
            throw Self.failure(
                "SSL_CTX_check_private_key", "private key \(key) does not belong to certificate \(certificate)"
            )
        }
    }

    private static func readKey(_ path: String) throws(MQTTError) -> OpaquePointer {
        guard let file = BIO_new_file(path, "r") else {
            throw failure("BIO_new_file", "key file \(path) cannot be read: \(lastError())")
        }
        defer { BIO_free(file) }
        var wasAsked = false
        let key = withUnsafeMutablePointer(to: &wasAsked) { PEM_read_bio_PrivateKey(file, nil, noteAndRefuse, $0) }
        if let key { return key }
        let text =
            wasAsked
            ? "key file \(path) is encrypted; an unencrypted key is needed, since nobody can type its password"
            : "key file \(path) holds no PEM private key: \(lastError())"
        throw failure("PEM_read_bio_PrivateKey", text)
    }

    private static func mustBeReadable(_ path: String, what: String) throws(MQTTError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw failure("open", "\(what) \(path) cannot be read: \(SystemError.text(errno))")
        }
        var status = stat()
        let isEmpty = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_size == 0
        close(descriptor)
        if isEmpty { throw failure("open", "\(what) \(path) is empty") }
    }

    private static func failure(_ call: String, _ text: String) -> MQTTError {
        ERR_clear_error()
        return MQTTError(.tls, call: call, text: text)
    }

    private static func lastError() -> String {
        let code = ERR_peek_last_error()
        guard code != 0, let reason = ERR_reason_error_string(code) else { return "no reason given" }
        return String(cString: reason)
    }
}

/// Answers OpenSSL's question for a password with a failure.
let refusePassword: @convention(c) (UnsafeMutablePointer<CChar>?, CInt, CInt, UnsafeMutableRawPointer?) -> CInt = {
    _, _, _, _ in -1
}

/// As `refusePassword`, and notes in the Bool behind the pointer that the question was asked.
private let noteAndRefuse: @convention(c) (UnsafeMutablePointer<CChar>?, CInt, CInt, UnsafeMutableRawPointer?) -> CInt =
    {
        _, _, _, note in
        note?.assumingMemoryBound(to: Bool.self).pointee = true
        return -1
    }
