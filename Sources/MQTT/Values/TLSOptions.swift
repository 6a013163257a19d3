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
        let files = try TLSFiles()
        if let caFile { try files.loadAuthorities(caFile) }
        switch (certificateFile, keyFile) {
        case (nil, nil): break
        case (let certificate?, let key?):
            try files.loadCertificate(certificate)
            try files.loadKey(key)
            try files.checkMatch(certificate: certificate, key: key)
        case (let certificate?, nil): throw Self.lonely("certificate \(certificate) needs its private key")
        case (nil, let key?): throw Self.lonely("private key \(key) needs its certificate")
        }
    }

    private static func lonely(_ text: String) -> MQTTError {
        MQTTError(.tls, call: "TLSOptions.check", text: text)
    }
}
