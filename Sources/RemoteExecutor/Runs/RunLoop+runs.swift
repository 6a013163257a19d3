import CRunner
import CSystem
import CommandCatalog
import Glibc
import Logging

/// What is told of a run.
struct RunEnd: Sendable {
    /// What became of it.
    enum Kind: Sendable {
        /// It ended, or is known never to be started.
        case ended(RunOutcome)
        /// It was never started and never will be under this name; it may be started under another one.
        case revoked
    }

    let run: RunID
    let kind: Kind
}

/// What happens to runs.
extension RunLoop {
    func start(_ start: RunRequests.Start) {
        let run = runs.insert(start, now: clock.now, patience: patience)
        if link.isReady { ask(run) }
    }

    /// Takes over a run that may or may not have been started.
    func attach(_ start: RunRequests.Start) {
        let run = runs.insert(start, now: clock.now, patience: patience)
        examine(run)
    }

    /// Ends a run; where the runner cannot be reached now, as soon as it can.
    func cancel(_ id: RunID) {
        guard let run = runs[id: id] else { return }
        run.isCancelled = true
        if case .waiting = run.phase { return end(run, .ended(RunOutcome(ending: .cancelled))) }
        link.send(RUNNER_CANCEL, id)
    }

    func handle(_ message: RunnerLink.Message) {
        switch message {
        case .greeted:
            reached()
            nextCleaning = clock.now + Self.leastAge
            resume()
        case .started(let id, let pid):
            if let run = runs[id: id] { watch(run, pid: pid) }
        case .refused(let id, let step, let errno):
            guard let run = runs[id: id], run.isOpen else { return }
            // Somebody asked before: its file says what became of it.
            if runner_step(step) == RUNNER_STEP_CLAIM, errno == EEXIST || errno == EWOULDBLOCK { return examine(run) }
            let failure = StartFailure(
                step: step, errno: errno, program: run.command.program, directory: run.command.settings.directory)
            end(run, .ended(RunOutcome(ending: .notStarted(failure))))
        case .swept(let id, let survivors):
            guard let run = runs[id: id], case .swept = run.phase else { return }
            // What could not be read before, for want of descriptors, may be now.
            let outcome = file(run).outcome(limit: run.command.settings.output, command: run.command)
            end(run, .ended(outcome ?? RunOutcome(ending: .interrupted, survivors: survivors)))
        }
    }

    /// The supervisor is gone, so its file has its last word.
    func supervisorEnded(_ run: Run) {
        if case .supervised(let pidfd) = run.phase {
            csystem_poll_remove(poll, pidfd)
            close(pidfd)
        }
        run.wasSupervised = true
        examine(run)
    }

    /// It did not come further in time.
    func overdue(_ run: Run) {
        switch run.phase {
        case .waiting: run.deadline = clock.now + patience
        case .unclear: examine(run)
        case .asked:
            // A runner that does not answer may answer another connection; else nobody waits for it.
            lost()
            examine(run)
        case .swept:
            lost()
            sweep(run)
        case .supervised(let pidfd):
            // The number of a supervisor that ended may be somebody else's by now.
            guard case .alive = evidence(run) else { return supervisorEnded(run) }
            logger.error(
                "a supervisor does not end its command; it is killed", metadata: ["run": "\(run.id.marker)"])
            _ = csystem_pidfd_signal(pidfd, SIGKILL)
            run.deadline = clock.now + Self.slack
        }
    }

    /// The runner can be reached again: what it was asked for is found out, and what waits is asked for.
    func resume() {
        for run in Array(runs.all) {
            switch run.phase {
            case .waiting: ask(run)
            case .asked, .unclear: examine(run)
            case .swept: link.send(RUNNER_SWEEP, run.id)
            case .supervised: break
            }
            if run.isCancelled { link.send(RUNNER_CANCEL, run.id) }
        }
    }

    /// The runner cannot be reached: what waited for it long enough will not be started.
    func giveUp(_ failure: StartFailure) {
        let now = clock.now
        for run in Array(runs.all) where now - run.since >= patience / 2 {
            switch run.phase {
            case .waiting: end(run, .ended(RunOutcome(ending: .notStarted(failure))))
            case .asked, .unclear: examine(run)
            case .swept: end(run, .ended(RunOutcome(ending: .interrupted)))
            case .supervised: break
            }
        }
    }

    private func file(_ run: Run) -> RunFile { RunFile(runtime: runtime, run: run.id) }

    private func evidence(_ run: Run) -> RunFile.Evidence {
        file(run).evidence(limit: run.command.settings.output, command: run.command)
    }

    /// Finds out by its file how far the run is.
    private func examine(_ run: Run) {
        run.phase = .unclear
        switch evidence(run) {
        case .none: neverStarted(run)
        case .unreadable: run.deadline = clock.now + Self.glance
        case .revoked: end(run, run.isCancelled ? .ended(RunOutcome(ending: .cancelled)) : .revoked)
        case .ended(let outcome): end(run, .ended(outcome))
        case .alive(let pid): watch(run, pid: pid)
        case .dead: sweep(run)
        case .unclaimed: lookAgain(run)
        case .foreign(let version):
            logger.error(
                "the file of a run is of a version that this agent does not know; nobody can tell what became of it",
                metadata: ["run.file": "\(file(run).path)", "version": "\(version)"])
            end(run, .ended(RunOutcome(ending: .interrupted)))
        }
    }

    /// There is no file, so it is made here before anybody else can.
    private func neverStarted(_ run: Run) {
        // Somebody removed the file of a run that was started: what it did is done, and must not be done again.
        if run.wasSupervised { return sweep(run) }
        guard file(run).revoke(boot: boot) else {
            // Made between two looks, or there is no room: the next look tells.
            run.deadline = clock.now + Self.glance
            return
        }
        end(run, run.isCancelled ? .ended(RunOutcome(ending: .cancelled)) : .revoked)
    }

    /// A runner makes the file and locks it a moment later; one that was killed in between never does.
    private func lookAgain(_ run: Run) {
        run.looks += 1
        guard run.looks > 3, file(run).revokeUnclaimed(boot: boot) else {
            run.deadline = clock.now + Self.glance
            return
        }
        end(run, run.isCancelled ? .ended(RunOutcome(ending: .cancelled)) : .revoked)
    }

    private func ask(_ run: Run) {
        do throws(StartFailure) {
            run.phase = .asked
            run.since = clock.now
            run.deadline = clock.now + patience
            link.send(try frames.bytes(run.command, run: run.id, isWatched: run.isWatched, grace: grace))
        } catch {
            end(run, .ended(RunOutcome(ending: .notStarted(error))))
        }
    }

    private func watch(_ run: Run, pid: pid_t) {
        guard run.isOpen else { return }
        run.phase = .unclear
        run.wasSupervised = true
        let pidfd = pid > 0 ? csystem_pidfd_open(pid) : -1
        guard pidfd >= 0 else {
            if pid > 0, errno == ESRCH { return supervisorEnded(run) }
            // Out of descriptors, or it has not said its number yet: it is looked at again.
            run.deadline = clock.now + Self.glance
            return
        }
        guard csystem_poll_add(poll, pidfd, run.tag) else {
            close(pidfd)
            run.deadline = clock.now + Self.glance
            return
        }
        run.phase = .supervised(pidfd: pidfd)
        run.deadline = clock.now + run.command.settings.timeout + grace + Self.slack
    }

    private func sweep(_ run: Run) {
        if case .swept = run.phase {} else { run.since = clock.now }
        run.phase = .swept
        run.deadline = clock.now + patience
        if link.isReady { link.send(RUNNER_SWEEP, run.id) }
    }

    private func end(_ run: Run, _ kind: RunEnd.Kind) {
        runs.remove(run)
        ended.append(RunEnd(run: run.id, kind: kind))
    }
}
