public import CommandCatalog

/// Finds out whether somebody whom this host trusts vouches for a task, for this host, now.
///
/// A pure decision: everything that it depends on is given. Whether the signer may do what he asks is the policy's question.
public struct Verification: Sendable {
    /// Whom the host trusts.
    public var ring: KeyRing
    /// What the host is called in targets: `host/web01`, `group/web`.
    public var identities: [String]
    /// Services whose tasks need no signature.
    public var unsignedServices: Set<Name>
    /// How old and how far ahead a signed task may be.
    public var window: TimeWindow

    /// What a host trusts, and who it is.
    public init(
        ring: KeyRing,
        identities: [String],
        unsignedServices: Set<Name> = [],
        window: TimeWindow = TimeWindow()
    ) {
        (self.ring, self.identities, self.unsignedServices) = (ring, identities, unsignedServices)
        self.window = TimeWindow(oldest: window.oldest, ahead: window.ahead, isRequired: true)
    }

    /// What is found.
    public enum Verdict: Sendable, Equatable {
        /// The holder of this key vouches for the task.
        case signed(TrustedKey)
        /// Nobody vouches for the task that could be asked for more, and none is needed.
        case unsigned
        /// The task must not be done.
        case refused(Refusal)
    }

    /// Why a task must not be done.
    public struct Refusal: Error, Sendable, Equatable {
        /// The code of the answer.
        public let code: ResultCode
        /// The word for the code.
        public let reason: ResultReason
        /// The text of the answer.
        public let message: String
    }

    /// The host's time, and how far it can be trusted.
    public struct Moment: Sendable {
        /// What the host's clock says.
        public var now: Timestamp
        /// Whether that clock is behind a time that the agent has seen.
        public var isClockSuspect: Bool
        /// The latest time that the agent has ever seen: keys are judged by it where the clock has fallen behind.
        public var latestSeen: Timestamp
        /// The challenges that a task may name in place of the time.
        public var challenges: [String]

        /// A moment.
        public init(
            now: Timestamp,
            isClockSuspect: Bool = false,
            latestSeen: Timestamp? = nil,
            challenges: [String] = []
        ) {
            (self.now, self.isClockSuspect, self.challenges) = (now, isClockSuspect, challenges)
            self.latestSeen = max(now, latestSeen ?? now)
        }
    }

    /// Whether anybody vouches for a task.
    ///
    /// - Parameters:
    ///   - task: The task.
    ///   - moment: The host's time.
    ///   - isRepeated: Whether the same task was taken before, and so is not done again: then its own time, which was looked
    ///     at when it came first, is not looked at again. A sender that waits for a long command must get its answer.
    /// - Returns: What was found.
    public func verdict(on task: TaskMessage, at moment: Moment, isRepeated: Bool = false) -> Verdict {
        do throws(Refusal) {
            guard let auth = task.auth, ring.demandsSignatures else {
                try checkUnsigned(task)
                return .unsigned
            }
            let key = try trustedKey(of: auth, at: moment)
            guard key.key.isSignature(auth.signature, of: SignedTuple(task).bytes) else {
                throw Self.notAuthentic(.notAuthentic, "the signature is not that of this task by \(key.id)")
            }
            try checkTarget(auth.target)
            if let target = task.target { try checkTarget(target) }
            if !isRepeated { try checkTime(of: task, auth, at: moment) }
            return .signed(key)
        } catch {
            return .refused(error)
        }
    }

    private func checkUnsigned(_ task: TaskMessage) throws(Refusal) {
        if ring.demandsSignatures {
            guard let service = task.service, unsignedServices.contains(service) else {
                throw Self.notAuthentic(.unsigned, "the task is not signed")
            }
        }
        // Where no key is known, a signature cannot be checked; what it says about the target costs nothing to believe.
        for case let target? in [task.auth?.target, task.target] { try checkTarget(target) }
        guard task.auth.map({ $0.algorithm == TaskAuthentication.ed25519 }) ?? true else {
            throw Self.notAuthentic(.notAuthentic, "auth.alg: expected \(TaskAuthentication.ed25519)")
        }
    }

    private func trustedKey(of auth: TaskAuthentication, at moment: Moment) throws(Refusal) -> TrustedKey {
        let id = auth.keyID
        switch ring.verdict(on: id, algorithm: auth.algorithm, at: moment.latestSeen) {
        case .usable(let key): return key
        case .unknown: throw Self.notAuthentic(.unknownKey, "the key \(id) is not known here")
        case .wrongAlgorithm: throw Self.notAuthentic(.notAuthentic, "auth.alg is not that of the key \(id)")
        case .revoked: throw Self.notAuthentic(.keyNotValid, "the key \(id) is revoked")
        case .notYetValid(let start):
            throw Self.notAuthentic(
                .keyNotValid, "the key \(id) is valid from \(start); this host's clock says \(moment.now)")
        case .expired(let end):
            throw Self.notAuthentic(
                .keyNotValid, "the key \(id) was valid until \(end); this host's clock says \(moment.now)")
        }
    }

    private func checkTarget(_ target: String) throws(Refusal) {
        // By bytes: to a `String` a letter and its compatible twin may be the same.
        guard identities.contains(where: { $0.utf8.elementsEqual(target.utf8) }) else {
            let message = "Not for this host, which is \(identities.joined(separator: ", "))"
            throw Refusal(code: .wrongTarget, reason: .wrongTarget, message: message)
        }
    }

    private func checkTime(of task: TaskMessage, _ auth: TaskAuthentication, at moment: Moment) throws(Refusal) {
        var window = window
        if let challenge = auth.challenge, moment.challenges.contains(where: { $0.utf8.elementsEqual(challenge.utf8) })
        {
            window.isRequired = false
        }
        if let objection = window.objection(to: task, now: moment.now, isClockSuspect: moment.isClockSuspect) {
            throw Refusal(code: objection.code, reason: objection.reason, message: objection.message)
        }
        if let expires = auth.expires, expires <= moment.now {
            let message = "Not started: it had to start before \(expires); this host's clock says \(moment.now)"
            throw Refusal(code: .expired, reason: .expired, message: message)
        }
    }

    private static func notAuthentic(_ reason: ResultReason, _ why: String) -> Refusal {
        Refusal(code: .notAuthentic, reason: reason, message: "Not authentic: \(why)")
    }
}
