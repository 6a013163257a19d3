public import Certificates
import Glibc

/// An authority made by our own module, and files of certificates with any time of their own.
///
/// Times are seconds from now.
public final class TestAuthority: Sendable {
    /// Where all files are.
    public let directory: TemporaryDirectory

    /// Makes an authority and the certificate `server` for `localhost` and 127.0.0.1.
    public init(from start: Int64 = -3600, until end: Int64 = 86_400) throws {
        directory = try TemporaryDirectory()
        try renew(from: start, until: end)
        try issue("server", names: ["localhost", "127.0.0.1"], usage: .server)
    }

    /// The certificate of the authority.
    public var caFile: String { directory.path("ca.pem") }

    /// The file of a certificate.
    public func certificate(_ name: String) -> String { directory.path("\(name).pem") }

    /// The file of a private key.
    public func key(_ name: String) -> String { directory.path("\(name).key") }

    /// Makes a new certificate for the authority, with a new key.
    public func renew(from start: Int64 = -3600, until end: Int64 = 86_400) throws {
        let key = try PrivateKey.random()
        let now = Int64(time(nil))
        let authority = try Authority(named: "Test Authority", key: key, notBefore: now + start, notAfter: now + end)
        try directory.write(try key.pem, to: "ca.key")
        try directory.write(try authority.certificate.pem, to: "ca.pem", mode: 0o644)
    }

    /// Makes a certificate and its key, or replaces them.
    public func issue(
        _ name: String, commonName: String? = nil, names: [String] = [], usage: CertificateProfile.Usage = .client,
        from start: Int64 = -3600,
        until end: Int64 = 86_400
    ) throws {
        let key = try PrivateKey.random()
        let now = Int64(time(nil))
        let profile = CertificateProfile(
            commonName: commonName ?? name, alternativeNames: names, usage: usage, notBefore: now + start,
            notAfter: now + end)
        let certificate = try authority.certificate(profile, for: key)
        try directory.write(try key.pem, to: "\(name).key")
        try directory.write(try certificate.pem, to: "\(name).pem", mode: 0o644)
    }

    private var authority: Authority {
        get throws {
            let certificates = try Certificate.all(inPEM: Array(directory.text(of: "ca.pem").utf8))
            return try Authority(certificates[0], key: PrivateKey(pem: Array(directory.text(of: "ca.key").utf8)))
        }
    }
}
