internal import Audit
internal import CommandCatalog
internal import ConfigurationReader
internal import JSON
internal import Logging
internal import PluginKit
internal import Policy
internal import Signatures
internal import Synchronization

/// Who may ask for what.
extension TaskDesk {
    /// Whether somebody may have a task done.
    enum Permission {
        /// He may; or the same task was taken before, which serves this message too.
        case granted(Pass, isRepeated: Bool)
        /// He may not; whoever is refused very often is not told each time.
        case refused(TaskOutcome, Pass, isAnswered: Bool)
    }

    /// Who asks for a task, and whether he may have it done.
    ///
    /// The signature comes first: what nobody vouches for costs no look into the journal.
    ///
    /// - Parameters:
    ///   - message: The task.
    ///   - digest: What it is known by.
    ///   - mayRepeat: Whether it may be one that was taken before; then only the signature is looked at.
    ///   - now: What the clock says.
    /// - Returns: The permission, or the answer.
    func permission(
        for message: TaskMessage, _ digest: TaskDigest, mayRepeat: Bool = true, now: Timestamp
    ) -> Permission {
        let gate = state.withLock { $0.gate }
        let uptime = context.clock.uptime
        if let refusal = refusalWithoutALook(message, digest, gate, mayRepeat: mayRepeat, now: now) { return refusal }
        let sender: Sender
        let isRepeated: Bool
        do throws(Verification.Refusal) {
            (sender, isRepeated) = try self.sender(of: message, digest, gate, mayRepeat: mayRepeat, now: now)
        } catch {
            if error.code == .expired { countExpired() }
            if error.reason == .notAuthentic, let key = gate.trustedKey(of: message) {
                state.withLock { $0.brakes.noteForgery(of: key, at: uptime) }
            }
            return refusal(TaskOutcome(code: error.code, message: error.message, reason: error.reason), Pass())
        }
        if isRepeated, !gate.demandsSignatures || isOwn(message, digest, of: sender, now: now) {
            return .granted(Pass(sender: sender), isRepeated: true)
        }
        let before = state.withLock { $0.signedIDs.step(of: message.taskID, by: sender.key, for: digest) }
        if before == nil, let outcome = state.withLock({ $0.brakes.objection(to: message, from: sender, at: uptime) }) {
            return refusal(outcome, Pass(sender: sender))
        }
        note(message, digest, by: sender, .asked)
        let time = isClockSuspect(now: now) ? nil : now
        let subject: Gate.Subject
        let named: TaskTable.Number?
        switch self.subject(of: message, from: sender) {
        case .found(let found, let number): (subject, named) = (found, number)
        case .notSought(let outcome): return refusal(outcome, Pass(sender: sender))
        }
        let verdict = gate.verdict(on: message, about: subject, from: sender, at: time)
        let pass = Pass(
            sender: sender, verdict: verdict?.sentence, named: named, isAskedAgain: before == .answered)
        if message.namedTask != nil, named == nil || verdict?.isAllowed == false {
            state.withLock { $0.brakes.noteVainSearch(by: sender, at: uptime) }
        }
        if let verdict, !verdict.isAllowed {
            let text = "Not allowed: \(verdict.sentence)"
            return refusal(TaskOutcome(code: .denied, message: text, reason: .denied), pass)
        }
        // What a service may bear is not used up by those who may not ask for it.
        if before ?? .asked < .allowed,
            let outcome = state.withLock({ $0.brakes.objection(toServiceOf: message, at: uptime) })
        {
            return refusal(outcome, pass)
        }
        note(message, digest, by: sender, .allowed)
        return .granted(pass, isRepeated: false)
    }

    /// Remembers how far a message has come, so that it takes nothing twice, whoever sends it again.
    func note(_ message: TaskMessage, _ digest: TaskDigest, by sender: Sender, _ step: SignedIDs.Step) {
        state.withLock { $0.signedIDs.note(message.taskID, by: sender.key, for: digest, step) }
    }

    /// Whether a task that was taken before was taken from this sender; the answer to another's is for those whom the policy
    /// lets ask for it.
    private func isOwn(_ message: TaskMessage, _ digest: TaskDigest, of sender: Sender, now: Timestamp) -> Bool {
        let (task, step) = state.withLock { state in
            (
                state.table.number(of: digest).flatMap { state.table[$0] },
                state.signedIDs.step(of: message.taskID, by: sender.key, for: digest)
            )
        }
        if let task { return task.pass.sender.key == sender.key }
        if step == .taken { return true }
        guard let entry = try? journal.entry(digest, now: now), let first = try? TaskMessage(entry.payload) else {
            return false
        }
        return first.auth?.keyID == sender.key
    }

    private func refusal(_ outcome: TaskOutcome, _ pass: Pass) -> Permission {
        .refused(outcome, pass, isAnswered: isAnswered(refusalOf: pass.sender))
    }

    /// The refusal of a task whose signature is not even looked at; `nil`: it is.
    ///
    /// A task that was taken before is never refused so: what was done is not said to be refused. Where nothing is said
    /// the journal need not be asked, which would wait for its disk.
    private func refusalWithoutALook(
        _ message: TaskMessage, _ digest: TaskDigest, _ gate: Gate, mayRepeat: Bool, now: Timestamp
    ) -> Permission? {
        guard let key = gate.trustedKey(of: message) else { return nil }
        let uptime = context.clock.uptime
        let (outcome, isKnown) = state.withLock { state in
            (state.brakes.objection(toLookingAt: key, at: uptime), mayRepeat && state.knows(digest))
        }
        guard let outcome, !isKnown else { return nil }
        guard isAnswered(refusalOf: .unsigned) else { return .refused(outcome, Pass(), isAnswered: false) }
        return mayRepeat && isTaken(message, digest, now: now) ? nil : .refused(outcome, Pass(), isAnswered: true)
    }

    /// Whether a refusal is answered; where nothing must be signed, every one is.
    func isAnswered(refusalOf sender: Sender) -> Bool {
        let uptime = context.clock.uptime
        return state.withLock { state in
            !state.gate.demandsSignatures || state.refusalAnswers.take(for: sender, at: uptime)
        }
    }

    private func sender(
        of message: TaskMessage, _ digest: TaskDigest, _ gate: Gate, mayRepeat: Bool, now: Timestamp
    ) throws(Verification.Refusal) -> (Sender, isRepeated: Bool) {
        do throws(Verification.Refusal) {
            let sender = try gate.sender(of: message, isRepeated: false, at: moment(now: now))
            return (sender, mayRepeat && isTaken(message, digest, now: now))
        } catch {
            // Too late is only said of a good signature. A task that was taken in time has its answer.
            guard error.code == .expired, mayRepeat, isTaken(message, digest, now: now) else { throw error }
            return (try gate.sender(of: message, isRepeated: true, at: moment(now: now)), true)
        }
    }

    /// Whether a task is one that was taken before, where that makes a difference; it says nothing about who asks.
    private func isTaken(_ message: TaskMessage, _ digest: TaskDigest, now: Timestamp) -> Bool {
        let (isOpen, isKnown) = state.withLock { ($0.gate.isOpen && $0.brakes.areOff, $0.knows(digest)) }
        guard !isOpen, !isKnown else { return !isOpen }
        let stage = (try? journal.entry(digest, now: now))?.stage
        return stage == .finished || stage == .announced
    }

    /// What the policy would say if a `check` were a task to run its command; `nil` where none is asked.
    func policyVerdict(on request: CommandRequest, from sender: Sender) -> String? {
        let now = context.clock.now
        let time = isClockSuspect(now: now) ? nil : now
        return state.withLock { $0.gate }.verdictOnRun(of: request, from: sender, at: time)?.sentence
    }

    private func moment(now: Timestamp) -> Verification.Moment {
        Verification.Moment(
            now: now, isClockSuspect: isClockSuspect(now: now), latestSeen: journal.highWater,
            challenges: state.withLock { $0.challenges.accepted })
    }

    /// Says how the agent stands to those who ask, once; what is wrong with the keys was said with the configuration.
    func beginTrust() {
        let ring = state.withLock { $0.gate.verification.ring }
        if !ring.demandsSignatures {
            context.logger.warning(
                "tasks need no signature: whoever may write to a command topic may run every command of the catalog; see docs/signatures.md"
            )
        }
        prepareHostKey()
        audit(.agentStarted, digest: state.withLock { $0.catalogDigest })
        warnOfEnds()
    }

    /// Says which keys end soon.
    private func warnOfEnds() {
        let now = context.clock.now
        let due = state.withLock { state in
            state.gate.verification.ring.ending(within: KeyEndWarnings.thresholds[0], of: now).filter { key in
                key.notAfter.map { state.keyEnds.isDue(key.id.description, end: $0, at: now) } ?? false
            }
        }
        for key in due {
            context.logger.warning(
                "a trusted key ends soon",
                metadata: ["key": "\(key.id)", "not_after": "\(key.notAfter.map(\.description) ?? "")"])
        }
    }

    /// Takes what changed in the files of keys and policy, and looks after the time; every second or two.
    func refreshTrust() {
        let uptime = context.clock.uptime
        let isPeaceful = state.withLock { state in
            _ = state.challenges.advance(to: uptime)
            return state.lastTidy.map { $0 + Self.tidyIntervalInPeace <= uptime } ?? false
        }
        if isPeaceful { wake() }
        warnOfEnds()
        guard let change = trust.withLock({ $0.look() }) else { return }
        take(change)
    }

    /// Uses other settings.
    func use(_ settings: TrustSettings) {
        let change = trust.withLock { $0.use(settings) }
        state.withLock { state in
            state.gate.verification.unsignedServices = settings.unsignedServices
            state.brakes = Brakes(settings)
        }
        take(change)
    }

    /// What is wrong with keys and policy, for the status.
    var trustErrors: (keys: String?, policy: String?) {
        let (keys, policy) = trust.withLock { ($0.keyMistakes, $0.policyMistakes) }
        return (Self.text(keys), Self.text(policy))
    }

    private static func text(_ mistakes: [ConfigurationProblem]) -> String? {
        mistakes.isEmpty ? nil : mistakes.prefix(3).map(\.description).joined(separator: "; ")
    }

    private func take(_ change: TrustFiles.Change) {
        let (ring, policy) = trust.withLock { ($0.ring, $0.policy) }
        state.withLock { state in
            state.gate.verification.ring = ring
            state.gate.policy = policy
        }
        for mistake in change.mistakes {
            context.logger.error("a file of keys or policy is not in force", metadata: ["error": "\(mistake)"])
        }
        if change.hasOtherKeys {
            context.logger.notice("the trusted keys changed", metadata: ["keys": "\(ring.keys.count)"])
            prepareHostKey()
            endRevoked()
        }
        if change.hasOtherPolicy {
            context.logger.notice("the policy changed", metadata: ["policy.rules": "\(policy?.count ?? 0)"])
        }
        audit.record { self.auditEntries(of: change) }
    }

    /// Reads the host's own key as soon as results are to be signed.
    func prepareHostKey() {
        let isNeeded = state.withLock { $0.gate.demandsSignatures && $0.hostKey == nil }
        guard isNeeded else { return }
        do throws(ConfigurationProblem) {
            let key = try HostKey.readOrMake(in: context.stateDirectory)
            state.withLock { $0.hostKey = key }
        } catch {
            context.logger.error(
                "results are not signed: the host's key cannot be used", metadata: ["error": "\(error)"])
        }
    }

    /// Ends tasks that wait and whose key is not trusted any more.
    private func endRevoked() {
        let now = context.clock.now
        let endings = state.withLock { state in
            state.table.queuedTasks.compactMap { number, task -> TaskEnding? in
                guard task.keeping != .pending,
                    let outcome = state.gate.objection(toWaiting: task.message, from: task.pass.sender, at: now)
                        ?? state.gate.objection(toTakenOver: task.message)
                else { return nil }
                state.table.release(number)
                return TaskEnding(number: number, task: task, outcome: outcome, run: nil)
            }
        }
        settle(endings)
    }
}

extension TaskDesk.State {
    /// Whether a task waits or runs, or its result is remembered.
    fileprivate func knows(_ digest: TaskDigest) -> Bool {
        table.number(of: digest) != nil || remembered[digest] != nil
    }
}
