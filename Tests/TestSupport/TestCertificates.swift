/// An authority of its own, and certificates from it, made by openssl in a temporary directory.
public final class TestCertificates: Sendable {
    private let directory: TemporaryDirectory

    /// Makes the authority and a certificate `server` for `localhost` and 127.0.0.1.
    public init() throws {
        directory = try TemporaryDirectory()
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=Test Authority", "-keyout", directory.path("ca.key"), "-out", caFile
        )
        try issue("server")
    }

    /// The certificate of the authority.
    public var caFile: String { directory.path("ca.pem") }

    /// The file of a certificate.
    public func certificate(_ name: String) -> String { directory.path("\(name).pem") }

    /// The file of a private key.
    public func key(_ name: String) -> String { directory.path("\(name).key") }

    /// Makes a certificate and its key, or replaces them.
    ///
    /// - Parameters:
    ///   - name: Name of its files.
    ///   - hosts: Its subject alternative names.
    ///   - isExpired: Whether its time is over.
    /// - Throws: What openssl said.
    public func issue(
        _ name: String, hosts: String = "DNS:localhost,IP:127.0.0.1", isExpired: Bool = false
    ) throws {
        let request = directory.path("\(name).csr")
        try openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=\(name)",
            "-keyout", key(name), "-out", request
        )
        let extensions = try directory.write("subjectAltName=\(hosts)\n", to: "\(name).ext")
        try openssl(
            "x509", "-req", "-in", request, "-CA", caFile, "-CAkey", directory.path("ca.key"), "-CAcreateserial",
            "-days", isExpired ? "-1" : "2", "-extfile", extensions, "-out", certificate(name)
        )
    }

    /// Encrypts the private key of a certificate, in a file `<name>.encrypted`.
    public func encryptKey(of name: String) throws -> String {
        let path = directory.path("\(name).encrypted")
        try openssl("ec", "-in", key(name), "-aes256", "-passout", "pass:secret", "-out", path)
        return path
    }

    private func openssl(_ arguments: String...) throws {
        try ChildProgram.run(["/usr/bin/openssl"] + arguments)
    }
}
