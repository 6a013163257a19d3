import Certificates
import CommandCatalog
import ConfigurationReader
import Glibc
import Policy
import Signatures

/// What every host gets beside its certificate.
struct BundleExtras {
    /// Names below the host's directory, and contents; none is secret.
    let files: [(name: String, bytes: [UInt8])]

    /// Reads and checks them: a mistake here would be one on every host.
    init(keys: String?, policy: String?) throws(Failure) {
        var files: [(name: String, bytes: [UInt8])] = []
        if let keys {
            var directory = KeyDirectory(keys)
            directory.read()
            guard directory.mistakes.isEmpty else {
                throw Failure(.configuration, directory.mistakes.map(\.description).joined(separator: "\n"))
            }
            let names = directory.ring.keys.keys.map { "\($0).pub" }.sorted()
            guard !names.isEmpty else { throw Failure(.configuration, "\(keys) holds no key (NAME.pub)") }
            for name in names { files.append(("keys/\(name)", try Enroll.read("\(keys)/\(name)"))) }
        }
        if let policy {
            let report = ConfigurationReport()
            guard PolicyReader.read(policy, report: report) != nil else {
                throw Failure(.configuration, report.mistakes.map(\.description).joined(separator: "\n"))
            }
            files.append(("policy.json", try Enroll.read(policy)))
        }
        self.files = files
    }
}

/// The directories of the hosts, each of which is there as a whole or not at all.
struct Bundles {
    let directory: String
    let authority: EnrollingAuthority
    let extras: BundleExtras
    /// Whether what is there is replaced.
    let isForced: Bool

    /// Makes the directory of all, for us alone.
    static func prepare(_ directory: String) throws(Failure) {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw FileTree.failure("make", directory) }
    }

    /// Makes what a host needs.
    ///
    /// - Returns: Whether it was made; not, where the host has it already.
    func make(_ host: HostIdentity, until end: Int64) throws(Failure) -> Bool {
        let place = "\(directory)/\(host)"
        let isThere = FileTree.exists(place)
        if isThere, !isForced { return false }
        // No host's name begins with a dot. What is left here is of a run that was cut off.
        let (draft, old) = ("\(directory)/.\(host).new", "\(directory)/.\(host).old")
        try FileTree.remove(draft)
        try FileTree.remove(old)
        try fill(draft, host, until: end)
        if isThere, rename(place, old) != 0 { throw FileTree.failure("rename", place) }
        guard rename(draft, place) == 0 else { throw FileTree.failure("rename", draft) }
        try FileTree.remove(old)
        return true
    }

    private func fill(_ draft: String, _ host: HostIdentity, until end: Int64) throws(Failure) {
        guard mkdir(draft, 0o700) == 0 else { throw FileTree.failure("make", draft) }
        let pair: (key: String, certificate: String)
        do throws(CertificateError) {
            pair = try authority.pair(for: host, until: end)
        } catch {
            throw Failure(.configuration, "\(host): \(error.description)")
        }
        try FileTree.write(Array(pair.key.utf8), to: "\(draft)/\(host).key", mode: 0o600)
        try FileTree.write(Array(pair.certificate.utf8), to: "\(draft)/\(host).pem", mode: 0o644)
        try FileTree.write(authority.pem, to: "\(draft)/ca.pem", mode: 0o644)
        if extras.files.contains(where: { $0.name.hasPrefix("keys/") }), mkdir("\(draft)/keys", 0o700) != 0 {
            throw FileTree.failure("make", "\(draft)/keys")
        }
        for file in extras.files { try FileTree.write(file.bytes, to: "\(draft)/\(file.name)", mode: 0o644) }
    }
}
