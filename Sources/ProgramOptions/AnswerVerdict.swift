package import CommandCatalog
internal import JSON
package import Signatures

/// Whether an answer is that of the host that was asked.
package enum AnswerVerdict: Equatable, Sendable {
    /// The host has answered this.
    case proved
    /// Nobody knows: no key of the host is known.
    case unproved
    /// Somebody else has answered, or has changed the answer.
    case refuted

    /// Looks at an answer.
    ///
    /// - Parameters:
    ///   - payload: The answer as it came.
    ///   - host: The host that was asked.
    ///   - task: What our task is known by.
    ///   - key: The key that is known of the host, if one is.
    package init(on payload: [UInt8], of host: HostIdentity, to task: TaskDigest, by key: VerificationKey?) {
        guard let key else {
            self = .unproved
            return
        }
        let object = (try? JSONText(payload, allowsNUL: true))?.value.object
        let verdict = object.map { ResultSignature.verdict(on: $0, host: host.description, task: task, key: key) }
        self = verdict == .authentic ? .proved : .refuted
    }
}
