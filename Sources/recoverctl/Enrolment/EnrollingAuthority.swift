import Certificates
import CommandCatalog
import ConfigurationReader
import Files

/// The authority of a fleet, as its files say.
struct EnrollingAuthority {
    /// What every host gets as `ca.pem`.
    let pem: [UInt8]
    private let authority: Authority
    private let now: Int64

    /// How long an authority of our own making is good, in days.
    private static let ownDays: Int64 = 3650
    private static let day: Int64 = 86_400
    /// How far the clock of a host may be behind ours.
    private static let margin: Int64 = 3600

    /// Reads the files; without a certificate takes that of the directory, or makes one there.
    init(keyFile: String, certificateFile: String?, directory: String, now: Timestamp) throws(Failure) {
        let now = Int64(now.seconds)
        self.now = now
        let key = try Self.key(keyFile)
        let own = "\(directory)/ca.pem"
        if certificateFile == nil, !FileTree.isThere(own) {
            let made = try Failure.passing("the authority") { () throws(CertificateError) in
                try Authority(
                    named: "recoverd CA", key: key, notBefore: now - Self.margin,
                    notAfter: now + Self.ownDays * Self.day)
            }
            let bytes = try Failure.passing(own) { () throws(CertificateError) in Array(try made.certificate.pem.utf8) }
            (pem, authority) = (bytes, made)
            try Failure.passing { () throws(FileFailure) in try WholeFile.create(own, bytes, .readable) }
            return
        }
        let path = certificateFile ?? own
        let bytes = try Enroll.read(path)
        pem = bytes
        authority = try Failure.passing(path) { () throws(CertificateError) in
            let known = try TLSFiles.authorities(of: PEMFile(path: path, bytes: bytes), now: now)
            for certificate in known where try key.belongs(to: certificate) {
                return try Authority(certificate, key: key)
            }
            throw CertificateError("none of its authorities has the key \(keyFile)", call: "X509_check_private_key")
        }
    }

    /// When certificates end that are good for so many days; earlier, where the authority ends before.
    func end(afterDays days: Int) -> (seconds: Int64, isCut: Bool, text: String) {
        let wanted = now + Int64(days) * Self.day
        let end = min(wanted, authority.certificate.notAfter)
        return (end, end < wanted, Timestamp(seconds: end).description)
    }

    /// Makes a host's key and certificate, as PEM texts.
    func pair(for host: HostIdentity, until end: Int64) throws(CertificateError) -> (key: String, certificate: String) {
        let key = try PrivateKey.random()
        let name = host.description
        let profile = CertificateProfile(
            commonName: name, alternativeNames: [name], usage: .client, notBefore: now - Self.margin, notAfter: end)
        return (try key.pem, try authority.certificate(profile, for: key).pem)
    }

    /// Makes the certificate of a broker that is found under these names and addresses, as a PEM text.
    func certificate(
        forServer names: [String], key: PrivateKey, until end: Int64
    ) throws(CertificateError) -> String {
        let profile = CertificateProfile(
            commonName: "recoverd broker", alternativeNames: names, usage: .server, notBefore: now - Self.margin,
            notAfter: end)
        return try authority.certificate(profile, for: key).pem
    }

    private static func key(_ path: String) throws(Failure) -> PrivateKey {
        let file: TrustedFile
        do throws(ConfigurationProblem) {
            file = try TrustedFile(path)
        } catch {
            throw Failure(.configuration, "\(error)")
        }
        guard !file.isWorldReadable else {
            throw Failure(.configuration, "\(path): everybody may read it; use: chmod o-r")
        }
        return try Failure.passing(path) { () throws(CertificateError) in try PrivateKey(pem: file.bytes) }
    }
}
