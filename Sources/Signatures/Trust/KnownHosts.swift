public import CommandCatalog
public import ConfigurationReader
internal import Files
internal import Glibc
internal import JSON

/// The keys with which hosts sign their results, as a sender has seen them first.
///
/// A host's key is taken at its word once. From then on another one is an alarm, whoever has it: the host was made anew, or
/// somebody else answers in its name. Only a person may replace it.
public struct KnownHosts: Sendable, Equatable {
    /// The keys by host.
    public private(set) var keys: [HostIdentity: VerificationKey] = [:]

    /// How many hosts a file may hold.
    public static let mostHosts = 100_000

    /// Nobody is known.
    public init() {}

    /// What is known about a key that a host claims.
    public enum Sight: Sendable, Equatable {
        /// It is the known one.
        case known
        /// It is known from now on.
        case pinned
        /// Another one is known, and stays.
        case changed(from: VerificationKey)
        /// There are too many hosts to note another.
        case full
    }

    /// Notes the key of a host that was not known yet.
    public mutating func see(_ key: VerificationKey, of host: HostIdentity) -> Sight {
        if let known = keys[host] { return known == key ? .known : .changed(from: known) }
        guard keys.count < Self.mostHosts else { return .full }
        keys[host] = key
        return .pinned
    }

    /// Takes a key in place of the known one, because a person says so; `nil` forgets the host.
    public mutating func replace(_ host: HostIdentity, with key: VerificationKey?) {
        keys[host] = key
    }
}

extension KnownHosts {
    /// Reads a file; one that is not there knows nobody.
    ///
    /// - Throws: Why it cannot be trusted, or all that is wrong with it: half of it would pin the rest anew.
    public init(file path: String) throws(ConfigurationError) {
        guard access(path, F_OK) == 0 || errno != ENOENT else { return }
        let report = ConfigurationReport()
        do throws(ConfigurationProblem) {
            let file = try TrustedFile(path)
            if let document = ConfigurationDocument(file: path, text: file.bytes, report: report) {
                for name in document.root.names() { read(name, in: document.root) }
            }
        } catch {
            report.addMistake(error)
        }
        try report.finish()
    }

    /// Writes the file in one step; only its owner may read it.
    ///
    /// - Throws: Why it cannot be written; what was there stays.
    public func write(to path: String) throws(ConfigurationProblem) {
        let lines = keys.sorted { $0.key.description < $1.key.description }.map { host, key in
            "  \"\(host)\": \"\(key)\""
        }
        let text = lines.isEmpty ? "{}\n" : "{\n\(lines.joined(separator: ",\n"))\n}\n"
        try ConfigurationProblem.passing { () throws(FileFailure) in
            try WholeFile.replace(path, Array(text.utf8), isShared: true)
        }
    }

    private mutating func read(_ name: String, in section: ConfigurationSection) {
        guard let host = HostIdentity(name) else {
            return section.mistake("expected a host's name: letters, digits, \"_\" and \"-\"", at: name)
        }
        if let key = section.value(name, .verificationKey) { keys[host] = key }
    }
}
