import Certificates
import CommandCatalog
import ConfigurationReader
import Files
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
        try Failure.passing { () throws(FileFailure) in try FileTree.make(directory) }
    }

    /// Makes what a host needs.
    ///
    /// - Returns: Whether it was made; not, where the host has it already.
    func make(_ host: HostIdentity, until end: Int64) throws(Failure) -> Bool {
        let place = "\(directory)/\(host)"
        let isThere = FileTree.isThere(place)
        if isThere, !isForced { return false }
        let pair = try Failure.passing("\(host)") { () throws(CertificateError) in
            try authority.pair(for: host, until: end)
        }
        // No host's name begins with a dot. What is left here is of a run that was cut off.
        let (draft, old) = ("\(directory)/.\(host).new", "\(directory)/.\(host).old")
        try Failure.passing { () throws(FileFailure) in
            try FileTree.remove(draft)
            try FileTree.remove(old)
            try fill(draft, host, pair)
            if isThere { try WholeFile.rename(place, to: old, isDurable: false) }
            try WholeFile.rename(draft, to: place, isDurable: false)
            try FileTree.remove(old)
        }
        return true
    }

    /// Without waiting for the disk: there may be thousands, and who loses power makes them anew.
    private func fill(
        _ draft: String, _ host: HostIdentity, _ pair: (key: String, certificate: String)
    ) throws(FileFailure) {
        try FileTree.make(draft, isDurable: false)
        try WholeFile.create("\(draft)/\(host).key", Array(pair.key.utf8), isDurable: false)
        try WholeFile.create("\(draft)/\(host).pem", Array(pair.certificate.utf8), .readable, isDurable: false)
        try WholeFile.create("\(draft)/ca.pem", authority.pem, .readable, isDurable: false)
        if extras.files.contains(where: { $0.name.hasPrefix("keys/") }) {
            try FileTree.make("\(draft)/keys", isDurable: false)
        }
        for file in extras.files {
            try WholeFile.create("\(draft)/\(file.name)", file.bytes, .readable, isDurable: false)
        }
    }
}
