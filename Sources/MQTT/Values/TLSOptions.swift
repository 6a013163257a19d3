import Certificates
import Glibc

/// Files for TLS.
///
/// They are read again at every connection, so that renewed ones are used without a restart.
///
/// The certificate chain and the host name of the broker are always verified; nothing switches that off.
public struct TLSOptions: Sendable, Hashable {
    /// Certificates of the authorities that are trusted (PEM); nil means those of the system.
    public var caFile: String?
    /// Our own certificate with its chain (PEM), for brokers that ask for one.
    public var certificateFile: String?
    /// The private key of it (PEM, not encrypted).
    public var keyFile: String?

    /// Takes the files.
    public init(caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil) {
        self.caFile = caFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }

    /// Reads the files as a connection will, and finds what is wrong with them.
    ///
    /// - Throws: The first mistake, with the name of the file.
    public func check() throws(MQTTError) {
        do throws(CertificateError) {
            _ = try TLSFiles(
                authorities: read(caFile, "CA file"), certificate: read(certificateFile, "certificate file"),
                key: read(keyFile, "key file"), now: Int64(time(nil)))
        } catch {
            throw MQTTError(.tls, call: error.call, text: error.description)
        }
    }

    private func read(_ path: String?, _ what: String) throws(CertificateError) -> PEMFile? {
        guard let path else { return nil }
        return try PEMFile(path, what: what)
    }
}
