internal import CommandCatalog
internal import JSON
internal import Policy
internal import Signatures

/// Decides who may: whether somebody vouches for a task, and whether the policy lets him ask for that.
///
/// A value without files and clocks. While there are neither keys nor a policy everybody may, as with the predecessor.
struct Gate: Sendable {
    /// Whom the host trusts.
    var verification: Verification
    /// What they may; without a policy everybody may everything as long as no signatures are demanded, and nobody anything
    /// from then on.
    var policy: Policy?

    /// What a policy is asked about: the service and the command, which a `cancel` and a `fetch` do not name themselves.
    struct Subject {
        var service: Name?
        var command: Name?
    }

    /// Whether tasks must be signed.
    var demandsSignatures: Bool { verification.ring.demandsSignatures }

    /// Whether everybody may everything.
    var isOpen: Bool { !asksPolicy }

    /// Whether the policy is asked.
    private var asksPolicy: Bool { policy != nil || demandsSignatures }

    /// The trusted key that a task names, without a look at its signature; `nil`: none, or none is demanded.
    func trustedKey(of message: TaskMessage) -> KeyID? {
        guard demandsSignatures, let key = message.auth?.keyID, verification.ring.keys[key] != nil else { return nil }
        return key
    }

    /// Who asks for a task.
    ///
    /// - Parameters:
    ///   - message: The task.
    ///   - isRepeated: Whether the same task was taken before; then its time has been looked at.
    ///   - moment: The host's time; not looked at where nothing is signed.
    /// - Returns: Who it is.
    /// - Throws: Why the task must not be done.
    func sender(
        of message: TaskMessage, isRepeated: Bool, at moment: @autoclosure () -> Verification.Moment
    ) throws(Verification.Refusal) -> Sender {
        // Nothing to look at, which is every task of a host without keys.
        if !demandsSignatures, message.auth == nil, message.target == nil { return .unsigned }
        switch verification.verdict(on: message, at: moment(), isRepeated: isRepeated) {
        case .signed(let key): return Sender(key)
        case .unsigned: return .unsigned
        case .refused(let refusal): throw refusal
        }
    }

    /// What the policy says to a task.
    ///
    /// - Parameters:
    ///   - message: The task.
    ///   - subject: What it is about.
    ///   - sender: Who asks.
    ///   - time: What the clock says; `nil` where it cannot be trusted.
    /// - Returns: The verdict; `nil` where no policy is asked.
    func verdict(
        on message: TaskMessage, about subject: Subject, from sender: Sender, at time: Timestamp?
    ) -> PolicyVerdict? {
        verdict(on: PolicyKind(message.verb), message.parameters, about: subject, from: sender, at: time)
    }

    /// What the policy would say if a `check` were a task to run its command.
    func verdictOnRun(of request: CommandRequest, from sender: Sender, at time: Timestamp?) -> PolicyVerdict? {
        let subject = Subject(service: request.service, command: request.command)
        return verdict(on: .command, request.parameters, about: subject, from: sender, at: time)
    }

    private func verdict(
        on kind: PolicyKind, _ parameters: [Name: JSONValue]?, about subject: Subject, from sender: Sender,
        at time: Timestamp?
    ) -> PolicyVerdict? {
        guard asksPolicy else { return nil }
        return (policy ?? Policy()).verdict(
            on: PolicyRequest(
                kind, from: sender.inPolicy, service: subject.service, command: subject.command,
                parameters: parameters ?? [:], at: time))
    }

    /// Why a task that waits must not start any more: the key that it was signed with is not there any more, or revoked.
    ///
    /// The time of a key does not end what was accepted within it.
    func objection(toWaiting message: TaskMessage, from sender: Sender, at now: Timestamp) -> TaskOutcome? {
        guard demandsSignatures, let key = sender.key, let auth = message.auth else { return nil }
        switch verification.ring.verdict(on: key, algorithm: auth.algorithm, at: now) {
        case .usable, .expired, .notYetValid: return nil
        case .unknown, .wrongAlgorithm:
            return TaskOutcome(
                code: .notAuthentic, message: "Not started: the key \(key) is not trusted here any more",
                reason: .unknownKey)
        case .revoked:
            return TaskOutcome(
                code: .notAuthentic, message: "Not started: the key \(key) was revoked while the task waited",
                reason: .keyNotValid)
        }
    }
}

extension Gate {
    /// Why a task must not start that was accepted before the keys were those of now; `nil`: it may.
    ///
    /// Another key may have the name by now, or there was none, and any signature was believed.
    func objection(toTakenOver message: TaskMessage) -> TaskOutcome? {
        guard demandsSignatures, let auth = message.auth, let key = verification.ring.keys[auth.keyID],
            !key.key.isSignature(auth.signature, of: SignedTuple(message).bytes)
        else { return nil }
        return TaskOutcome(
            code: .notAuthentic,
            message: "Not started: the signature is not by the key \(auth.keyID) that is trusted here now",
            reason: .notAuthentic)
    }
}

extension PolicyKind {
    init(_ verb: Verb) {
        switch verb {
        case .command: self = .command
        case .check: self = .check
        case .cancel: self = .cancel
        case .fetch: self = .fetch
        case .config, .replace: self = .config
        }
    }
}
