import CommandCatalog
import ConfigurationReader
import JSON
import ProgramOptions
import Signatures

/// Finds out whether an answer is that of the host that was asked.
///
/// The host's key is that of the file of known hosts. A host that is not in it is taken at its word once, by whoever signs, and
/// known from then on.
struct AnswerProof: Sendable {
    let host: HostIdentity
    private let file: String
    private var known: VerificationKey?

    /// Reads what is known of the host; `nil` where nobody can prove anything: the topics name no host, or the task is not
    /// signed and the host is not known.
    ///
    /// - Throws: The file of known hosts cannot be trusted or read; then nobody may be taken at his word either.
    init?(_ settings: Settings, environment: (String) -> String?) throws(UsageError) {
        guard let host = settings.host else { return nil }
        let isSigned = settings.signature != nil
        guard let path = settings.knownHosts ?? KnownHosts.defaultPath(environment: environment) else {
            guard isSigned else { return nil }
            throw UsageError("--known-hosts: expected a file, because there is no home directory")
        }
        do throws(ConfigurationError) {
            known = try KnownHosts(file: path).keys[host]
        } catch {
            throw UsageError("\(error)")
        }
        guard isSigned || known != nil else { return nil }
        (self.host, file) = (host, path)
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
    func verdict(on payload: [UInt8], to task: TaskMessage) -> AnswerVerdict {
        AnswerVerdict(on: payload, of: host, to: task, by: known)
    }
}
