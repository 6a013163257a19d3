internal import COpenSSL
internal import Glibc

/// A file of certificates or of a key: where it is, and what it says.
public struct PEMFile: Sendable {
    /// Its path, for what is told about it.
    public let path: String
    /// What it says.
    public let bytes: [UInt8]

    /// A file that was read already.
    public init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    /// Bytes at most; the authorities of a system are a quarter of it.
    static let largestSize = 1 << 20
}

/// What a connection with TLS is made with: looked at as a whole before anybody connects.
public struct TLSFiles: Sendable, Equatable {
    /// Those who may vouch for the broker; empty where those of the system are trusted.
    public let authorities: [Certificate]
    /// Our own certificate, and those behind it; empty where there is none.
    public let chain: [Certificate]

    /// Looks at the files.
    ///
    /// - Parameters:
    ///   - authorities: Who may vouch for the broker.
    ///   - certificate: Our own certificate.
    ///   - key: The key of it.
    ///   - now: The present time, in seconds since 1970.
    /// - Throws: The first mistake, with the name of the file.
    public init(authorities: PEMFile?, certificate: PEMFile?, key: PEMFile?, now: Int64) throws(CertificateError) {
        self.authorities =
            try authorities.map { (file) throws(CertificateError) in
                try Self.authorities(of: file, now: now)
            } ?? []
        switch (certificate, key) {
        case (nil, nil): chain = []
        case (let certificate?, let key?): chain = try Self.chain(certificate, key)
        case (let certificate?, nil):
            throw CertificateError("certificate \(certificate.path) needs its private key", call: "TLSFiles")
        case (nil, let key?):
            throw CertificateError("private key \(key.path) needs its certificate", call: "TLSFiles")
        }
    }

    /// Reads a CA file.
    ///
    /// - Throws: It is empty or broken, none of its certificates is a CA, or the time of every CA is over.
    public static func authorities(of file: PEMFile, now: Int64) throws(CertificateError) -> [Certificate] {
        let certificates = try Self.certificates(of: file, "CA file \(file.path)", "no PEM certificate")
        let authorities = certificates.filter(\.isAuthority)
        guard let last = authorities.map(\.notAfter).max() else {
            throw CertificateError(
                "CA file \(file.path) holds no CA: \(certificates[0].subject) may not vouch for others",
                call: "X509_check_ca")
        }
        guard last >= now else {
            throw CertificateError(
                "CA file \(file.path) is out of date: the time of \(authorities[0].subject) is over",
                call: "X509_get0_notAfter")
        }
        return authorities
    }

    private static func chain(_ certificate: PEMFile, _ key: PEMFile) throws(CertificateError) -> [Certificate] {
        let name = "certificate file \(certificate.path)"
        let chain = try certificates(of: certificate, name, "no usable PEM certificate")
        guard !key.bytes.isEmpty else { throw CertificateError("key file \(key.path) is empty", call: "read") }
        let privateKey: PrivateKey
        do throws(CertificateError) {
            privateKey = try PrivateKey(pem: key.bytes)
        } catch {
            throw CertificateError("key file \(key.path) \(error.description)", call: error.call)
        }
        guard try privateKey.belongs(to: chain[0]) else {
            throw CertificateError(
                "private key \(key.path) does not belong to certificate \(certificate.path)",
                call: "X509_check_private_key")
        }
        try checkStrength(of: chain[0], name)
        return chain
    }

    private static func certificates(
        of file: PEMFile, _ name: String, _ nothing: String
    ) throws(CertificateError)
        -> [Certificate]
    {
        guard !file.bytes.isEmpty else { throw CertificateError("\(name) is empty", call: "read") }
        do throws(CertificateError) {
            return try Certificate.all(inPEM: file.bytes)
        } catch {
            throw CertificateError("\(name) holds \(nothing): \(error.description)", call: error.call)
        }
    }

    /// What the library would refuse only when a connection is made, such as a key that is too short.
    private static func checkStrength(of certificate: Certificate, _ name: String) throws(CertificateError) {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw Library.failure("SSL_CTX_new") }
        defer { SSL_CTX_free(context) }
        let code = try certificate.withHandle { SSL_CTX_use_certificate(context, $0) }
        guard code == 1 else { throw Library.failure("SSL_CTX_use_certificate", "\(name) cannot be used") }
    }
}

extension PEMFile {
    /// Reads a file, whoever may write it.
    ///
    /// - Throws: It cannot be read, or is far too large.
    public init(_ path: String, what: String) throws(CertificateError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.unreadable(path, what) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count <= Self.largestSize {
            let room = 65_536
            var count = 0
            bytes += [UInt8](unsafeUninitializedCapacity: room) { buffer, used in
                count = read(descriptor, buffer.baseAddress, room)
                used = max(0, count)
            }
            if count < 0 { throw Self.unreadable(path, what) }
            if count == 0 {
                self.init(path: path, bytes: bytes)
                return
            }
        }
        throw CertificateError("\(what) \(path) has more than \(Self.largestSize) bytes", call: "read")
    }

    private static func unreadable(_ path: String, _ what: String) -> CertificateError {
        CertificateError("\(what) \(path) cannot be read: \(String(cString: strerror(errno)))", call: "open")
    }
}
