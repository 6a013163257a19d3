import CommandCatalog
import ConfigurationReader
import JSON
import ProgramOptions
import Signatures

/// Finds out whether an answer is that of the host that was asked.
///
/// The host's key is that of the file of known hosts. A host that is not in it is taken at its word once, and known from then on.
struct AnswerProof: Sendable {
    /// What is found.
    enum Verdict: Equatable, Sendable {
        /// The host has answered this.
        case proved
        /// Nobody knows: the host has told no key.
        case unproved
        /// Somebody else has answered, or has changed the answer.
        case refuted
    }

    let host: HostIdentity
    private let file: String
    private var known: VerificationKey?

    /// Reads what is known of the host.
    ///
    /// - Throws: The file of known hosts cannot be trusted or read; then nobody may be taken at his word either.
    init(_ signature: Settings.Signature, home: (String) -> String?) throws(UsageError) {
        host = signature.host
        guard let path = signature.knownHosts ?? KnownHosts.defaultPath(environment: home) else {
            throw UsageError("--known-hosts: expected a file, because there is no home directory")
        }
        file = path
        do throws(ConfigurationError) {
            known = try KnownHosts(file: path).keys[host]
        } catch {
            throw UsageError("\(error)")
        }
    }

    /// Takes note of the key that the host's status tells.
    mutating func see(_ payload: [UInt8]) -> Note? {
        guard let status = (try? JSONText(payload))?.value.object,
            let key = status["key"]?.string.flatMap({ VerificationKey($0) })
        else { return nil }
        if let known { return known == key ? nil : .hostKeyChanged(host) }
        known = key
        do throws(ConfigurationError) {
            // Another sender may have been faster, with another key.
            switch try KnownHosts.update(file: file, { $0.see(key, of: host) }) {
            case .known: return nil
            case .pinned: return .hostKeyPinned(host, file: file)
            case .changed(let earlier):
                known = earlier
                return .hostKeyChanged(host)
            case .full: return .hostKeyNotKept("\(file) holds \(KnownHosts.mostHosts) hosts already")
            }
        } catch {
            return .hostKeyNotKept("\(error)")
        }
    }

    /// Whether the host has answered this to a task.
    func verdict(on payload: [UInt8], to task: TaskDigest) -> Verdict {
        guard let known else { return .unproved }
        guard let object = (try? JSONText(payload, allowsNUL: true))?.value.object else { return .refuted }
        let verdict = ResultSignature.verdict(on: object, host: host.description, task: task, key: known)
        return verdict == .authentic ? .proved : .refuted
    }
}
