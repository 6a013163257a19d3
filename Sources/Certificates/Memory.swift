import COpenSSL

/// A piece of memory that libcrypto reads from or writes to.
struct Memory: ~Copyable {
    let handle: OpaquePointer

    /// Empty, to be written to.
    init() throws(CertificateError) {
        guard let handle = BIO_new(BIO_s_mem()) else { throw Library.failure("BIO_new") }
        self.handle = handle
    }

    /// These bytes, to be read.
    static func holding(_ bytes: [UInt8]) throws(CertificateError) -> Memory {
        let memory = try Memory()
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { BIO_write(memory.handle, $0.baseAddress, CInt(clamping: $0.count)) }
            guard count > 0 else { throw Library.failure("BIO_write") }
            rest = rest.dropFirst(Int(count))
        }
        return memory
    }

    deinit {
        BIO_free(handle)
    }

    /// All that was written and not yet read.
    var bytes: [UInt8] {
        let size = BIO_ctrl_pending(handle)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = Int(max(0, BIO_read(handle, buffer.baseAddress, CInt(clamping: size))))
        }
    }
}

/// libcrypto as a whole.
enum Library {
    /// What went wrong last on this thread, which then counts as told.
    static func failure(_ call: String, _ text: String? = nil) -> CertificateError {
        let reason = lastReason
        ERR_clear_error()
        return CertificateError(text.map { "\($0): \(reason)" } ?? "\(call) failed: \(reason)", call: call)
    }

    private static var lastReason: String {
        let code = ERR_peek_last_error()
        guard code != 0, let reason = ERR_reason_error_string(code) else { return "no reason given" }
        return String(cString: reason)
    }

    /// The bytes of one of libcrypto's structures in DER.
    static func der(
        _ call: String, _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> CInt
    )
        throws(CertificateError) -> [UInt8]
    {
        let size = write(nil)
        guard size > 0 else { throw failure(call) }
        return [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            var end = buffer.baseAddress
            count = Int(max(0, write(&end)))
        }
    }
}
