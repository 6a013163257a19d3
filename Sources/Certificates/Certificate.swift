internal import COpenSSL
internal import Glibc

/// A certificate, and what it says.
public struct Certificate: Sendable, Hashable {
    /// Whom it is about, as RFC 2253 has it: `CN=web01`; what is not printable ASCII is escaped.
    public let subject: String
    /// Who signed it, in the same form.
    public let issuer: String
    /// From when on it is good, in seconds since 1970.
    public let notBefore: Int64
    /// Until when it is good, in seconds since 1970.
    public let notAfter: Int64
    /// Whether it may sign certificates.
    public let isAuthority: Bool
    /// The certificate itself.
    public let der: [UInt8]

    /// Reads every certificate of a PEM text; what else stands there is passed over.
    ///
    /// - Throws: There is none, or one of them is broken.
    public static func all(inPEM text: [UInt8]) throws(CertificateError) -> [Certificate] {
        ERR_clear_error()
        let memory = try Memory.holding(text)
        var found: [Certificate] = []
        while let handle = PEM_read_bio_X509(memory.handle, nil, nil, nil) {
            defer { X509_free(handle) }
            found.append(try Certificate(handle))
        }
        // The library says that it found no further beginning, which is how a text ends.
        let isEnd = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
        guard isEnd, !found.isEmpty else {
            let place = found.isEmpty ? "" : " behind \(found.count) good ones"
            throw Library.failure("PEM_read_bio_X509", "no PEM certificate\(place)")
        }
        ERR_clear_error()
        return found
    }

    /// Looks at a certificate of the library.
    init(_ handle: OpaquePointer) throws(CertificateError) {
        subject = try Self.text(of: X509_get_subject_name(handle))
        issuer = try Self.text(of: X509_get_issuer_name(handle))
        notBefore = try Self.seconds(of: X509_get0_notBefore(handle))
        notAfter = try Self.seconds(of: X509_get0_notAfter(handle))
        isAuthority = X509_check_ca(handle) != 0
        der = try Library.der("i2d_X509") { i2d_X509(handle, $0) }
    }

    /// The certificate as a PEM text.
    public var pem: String {
        get throws(CertificateError) {
            let memory = try Memory()
            let written = try withHandle { PEM_write_bio_X509(memory.handle, $0) }
            guard written == 1 else { throw Library.failure("PEM_write_bio_X509") }
            return String(decoding: memory.bytes, as: UTF8.self)
        }
    }

    /// Until when it is good, as RFC 3339 has it; also for the year 9999, which says that there is no end.
    public var end: String {
        var (seconds, parts) = (time_t(notAfter), tm())
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Lends the library's form of it.
    func withHandle<Result>(_ body: (OpaquePointer) -> Result) throws(CertificateError) -> Result {
        let handle: OpaquePointer? = der.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return d2i_X509(nil, &start, bytes.count)
        }
        guard let handle else { throw Library.failure("d2i_X509") }
        defer { X509_free(handle) }
        return body(handle)
    }

    private static func text(of name: OpaquePointer?) throws(CertificateError) -> String {
        let memory = try Memory()
        guard copenssl_print_name(memory.handle, name) >= 0 else { throw Library.failure("X509_NAME_print_ex") }
        return String(decoding: memory.bytes, as: UTF8.self)
    }

    private static func seconds(of time: UnsafePointer<ASN1_TIME>?) throws(CertificateError) -> Int64 {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { throw Library.failure("ASN1_TIME_to_tm", "no time") }
        return Int64(timegm(&parts))
    }
}
