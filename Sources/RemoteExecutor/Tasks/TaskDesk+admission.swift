internal import CommandCatalog
internal import Logging
internal import PluginKit
internal import Signatures
internal import Synchronization

/// From a message to an accepted task; on the threads of the brokers.
extension TaskDesk {
    /// Deals with a message of a command topic; a task that is to run waits for its broker's ``commit(from:)``.
    func admit(_ message: MQTTMessage) {
        guard let pair = state.withLock({ $0.pairs.first { $0.command.description == message.topic } }) else { return }
        let origin = Origin(pair: pair, broker: message.broker)
        do throws(TaskMessageError) {
            admit(try TaskMessage(message.payload), payload: message.payload, from: origin)
        } catch {
            refuse(error, from: origin)
        }
    }

    /// Who may have the task done, and whether it is one that was taken before; a refusal is answered.
    private func pass(
        for message: TaskMessage, _ digest: TaskDigest, mayRepeat: Bool = true, at origin: Origin, now: Timestamp
    ) -> (pass: Pass, isRepeated: Bool)? {
        switch permission(for: message, digest, mayRepeat: mayRepeat, now: now) {
        case .granted(let pass, let isRepeated): return (pass, isRepeated)
        case .refused(let outcome, let pass, let isAnswered):
            if isAnswered {
                answer(message, outcome, to: origin, by: pass)
            } else {
                note(refusalOf: message, outcome, by: pass)
            }
            return nil
        }
    }

    private func admit(_ message: TaskMessage, payload: [UInt8], from origin: Origin) {
        let (now, digest) = (context.clock.now, message.digest)
        guard let first = pass(for: message, digest, at: origin, now: now) else { return }
        var pass = first.pass
        if isKnown(message, digest, pass, origin, now: now) { return }
        if first.isRepeated {
            // It was forgotten just now, so it is a new one.
            guard let new = self.pass(for: message, digest, mayRepeat: false, at: origin, now: now) else { return }
            pass = new.pass
        }
        // With the signature the time was looked at, or what stands in its place.
        if pass.sender.key == nil, let outcome = objection(to: message, now: now) {
            return answer(message, outcome, to: origin, by: pass)
        }
        guard isQuestion(message.verb) else { return accept(message, payload, digest, pass, from: origin, now: now) }
        if pass.isAskedAgain, !isAnsweredAgain(pass.sender) { return }
        note(message, digest, by: pass.sender, .answered)
        if let outcome = answer(to: message, pass, at: origin) { answer(message, outcome, to: origin, by: pass) }
    }

    /// Whether something is answered at once, and nothing is run for it.
    private func isQuestion(_ verb: Verb) -> Bool {
        switch verb {
        case .command(let request): request.service.text == CommandCatalog.reservedService
        case .config, .replace: false
        case .check, .cancel, .fetch: true
        }
    }

    /// Whether just the same task came before; then its one execution serves this message too.
    private func isKnown(
        _ message: TaskMessage, _ digest: TaskDigest, _ pass: Pass, _ origin: Origin, now: Timestamp
    ) -> Bool {
        let (objection, remembered) = state.withLock { state in
            var objection = state.table.objection(to: message.taskID, digest, from: pass.sender)
            if objection == nil, state.signedIDs.isTaken(message.taskID, by: pass.sender.key, for: digest) {
                objection = .idInUse
            }
            if case .repeated(let number) = objection {
                state.counters.count(.repeated)
                state.table.add(origin, to: number)
            }
            return (objection, state.remembered[digest])
        }
        if let remembered {
            if isAnsweredAgain(pass.sender) { replay(remembered, message, to: origin) }
            return true
        }
        switch objection {
        case .repeated: return true
        case .idInUse:
            answer(message, .idInUse(message.taskID), to: origin, by: pass)
            return true
        case .accepted, .queueFull, nil: break
        }
        if let entry = try? journal.entry(digest, now: now), entry.stage == .finished || entry.stage == .announced {
            if isAnsweredAgain(pass.sender) { replay(entry, message, to: origin) }
            return true
        }
        guard state.withLock({ $0.challenged.contains(digest) }) else { return false }
        if isAnsweredAgain(pass.sender) { answer(message, .doneBefore(message.taskID), to: origin, by: pass) }
        return true
    }

    /// Whether a task that came before is answered once more; where nothing must be signed, each is.
    private func isAnsweredAgain(_ sender: Sender) -> Bool {
        let uptime = context.clock.uptime
        return state.withLock { state in
            guard state.gate.demandsSignatures, !state.repeatedAnswers.take(for: sender, at: uptime) else {
                return true
            }
            state.counters.count(.repeated)
            return false
        }
    }

    /// Why the time forbids the task; `nil`: it does not.
    private func objection(to message: TaskMessage, now: Timestamp) -> TaskOutcome? {
        let window = state.withLock { $0.window }
        // A clock that is behind what was seen says at least that it is later than that.
        let isSuspect = isClockSuspect(now: now)
        let time = isSuspect ? journal.highWater : now
        guard let found = window.objection(to: message, now: time, isClockSuspect: isSuspect) else {
            return nil
        }
        if found.code == .expired { countExpired() }
        return TaskOutcome(code: found.code, message: found.message, reason: found.reason)
    }

    private func accept(
        _ message: TaskMessage, _ payload: [UInt8], _ digest: TaskDigest, _ pass: Pass, from origin: Origin,
        now: Timestamp
    ) {
        do throws(CatalogError) {
            let (command, preparation) = try work(of: message)
            if let until = cooldown(of: command, now: now) {
                return answer(message, .cooling(command, until: until), to: origin, by: pass)
            }
            if message.auth?.challenge != nil, state.withLock({ $0.challenged.isFull(of: $0.challenges.accepted) }) {
                return answer(message, .tooManyByChallenge, to: origin, by: pass)
            }
            let task = AcceptedTask(
                message: message, payload: payload, digest: digest, command: command,
                preparation: preparation, pass: pass, origins: [origin], accepted: now, keeping: .pending)
            let (acceptance, most) = state.withLock { state in
                let acceptance = state.table.accept(task)
                if case .accepted(let number) = acceptance {
                    state.batches[origin.broker ?? "", default: []].append(number)
                    state.signedIDs.note(message.taskID, by: pass.sender.key, for: digest, .taken)
                    state.challenged.note(
                        digest, by: message.auth?.challenge, of: state.challenges.accepted)
                    if let cooldown = command.settings.cooldown {
                        state.cooldowns.begin(command, until: now + cooldown)
                    }
                }
                return (acceptance, state.table.mostQueued)
            }
            switch acceptance {
            case .accepted: break
            case .repeated(let number): state.withLock { $0.table.add(origin, to: number) }
            case .idInUse: answer(message, .idInUse(message.taskID), to: origin, by: pass)
            case .queueFull: answer(message, .queueFull(most), to: origin, by: pass)
            }
        } catch {
            answer(message, .refused(error), to: origin, by: pass)
        }
    }

    /// Until when a command cools down; `nil`: it may run.
    func cooldown(of command: Command, now: Timestamp) -> Timestamp? {
        guard command.settings.cooldown != nil else { return nil }
        if let until = state.withLock({ $0.cooldowns.end(of: command) }) { return until > now ? until : nil }
        guard
            let until = try? journal.cooldown(service: command.service.text, command: command.name.text), until > now
        else { return nil }
        state.withLock { $0.cooldowns.begin(command, until: until) }
        return until
    }

    private func refuse(_ error: TaskMessageError, from origin: Origin) {
        if let taskID = error.taskID, isAnswered(refusalOf: .unsigned) {
            return answer(taskID, TaskOutcome(code: error.code, message: error.message), to: origin)
        }
        let suppressed = state.withLock { state in
            state.counters.count(.unreadable)
            return state.unreadable.pass(at: context.clock.uptime)
        }
        guard let suppressed else { return }
        context.logger.warning(
            "a message is no task and is not answered; ignoring it",
            metadata: [
                "mqtt.topic": "\(origin.pair.command)", "reason": "\(error.message)",
                "more.since.last": "\(suppressed)",
            ]
        )
    }
}
