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
    ///   - task: Our task, as it was sent: what it came to is signed for it, and a refusal for our very message.
    ///   - key: The key that is known of the host, if one is.
    package init(on payload: [UInt8], of host: HostIdentity, to task: TaskMessage, by key: VerificationKey?) {
        guard let key else {
            self = .unproved
            return
        }
        let object = (try? JSONText(payload, allowsNUL: true))?.value.object
        let isProved = [task.digest, task.messageDigest].contains { digest in
            object.map { ResultSignature.verdict(on: $0, host: host.description, task: digest, key: key) } == .authentic
        }
        self = isProved ? .proved : .refuted
    }
}
