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
        let run = runs.insert(start, deadline: clock.now + Self.patience)
        if link.isOpen { ask(run) }
    }

    /// Takes over a run that may or may not have been started.
    func attach(_ start: RunRequests.Start) {
        let run = runs.insert(start, deadline: clock.now + Self.patience)
        run.phase = .asked
        examine(run)
    }

    func cancel(_ id: RunID) {
        link.send(RUNNER_CANCEL, id)
    }

    func handle(_ message: RunnerLink.Message) {
        switch message {
        case .started(let id, let pid):
            if let run = runs[id: id] { watch(run, pid: pid) }
        case .refused(let id, let step, let errno):
            guard let run = runs[id: id] else { return }
            // Somebody asked before: its file says what became of it.
            if runner_step(step) == RUNNER_STEP_CLAIM, errno == EEXIST { return examine(run) }
            let failure = StartFailure(
                step: step, errno: errno, program: run.command.program, directory: run.command.settings.directory)
            end(run, .ended(RunOutcome(ending: .notStarted(failure))))
        case .swept(let id, let survivors):
            guard let run = runs[id: id] else { return }
            end(run, .ended(RunOutcome(ending: .interrupted, survivors: survivors)))
        }
    }

    /// The supervisor is gone, so its file has its last word.
    func supervisorEnded(_ run: Run) {
        if case .supervised(let pidfd) = run.phase {
            csystem_poll_remove(poll, pidfd)
            close(pidfd)
            run.phase = .asked
        }
        guard let outcome = file(run).outcome(limit: run.command.settings.output, command: run.command) else {
            return sweep(run)
        }
        end(run, .ended(outcome))
    }

    /// It did not come further in time.
    func overdue(_ run: Run) {
        switch run.phase {
        case .asked where link.isOpen: examine(run)
        case .waiting, .asked, .swept: run.deadline = clock.now + Self.patience
        case .supervised(let pidfd):
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
            case .asked: examine(run)
            case .swept: link.send(RUNNER_SWEEP, run.id)
            case .supervised: break
            }
        }
    }

    /// The runner cannot be reached: what waited for it long enough will not be started.
    func giveUp(_ failure: StartFailure) {
        let now = clock.now
        for run in Array(runs.all) where now >= run.deadline - Self.patience / 2 {
            switch run.phase {
            case .waiting: end(run, .ended(RunOutcome(ending: .notStarted(failure))))
            case .asked: examine(run)
            case .swept, .supervised: break
            }
        }
    }

    private func file(_ run: Run) -> RunFile { RunFile(runtime: runtime, run: run.id) }

    /// Finds out by its file how far the run is.
    private func examine(_ run: Run) {
        let file = file(run)
        switch file.evidence(limit: run.command.settings.output, command: run.command) {
        case .none: end(run, file.revoke(boot: boot) ? .revoked : nil)
        case .revoked: end(run, .revoked)
        case .ended(let outcome): end(run, .ended(outcome))
        case .alive(let pid): watch(run, pid: pid)
        case .dead: sweep(run)
        case .unclaimed: lookAgain(run)
        case .foreign(let version):
            logger.error(
                "the file of a run is of a version that this agent does not know; nobody can tell what became of it",
                metadata: ["run.file": "\(file.path)", "version": "\(version)"])
            end(run, .ended(RunOutcome(ending: .interrupted)))
        }
    }

    /// A runner makes the file and locks it a moment later; one that was killed in between never does.
    private func lookAgain(_ run: Run) {
        run.looks += 1
        if run.looks > 3 { return sweep(run) }
        run.deadline = clock.now + .milliseconds(500)
    }

    private func ask(_ run: Run) {
        do throws(StartFailure) {
            run.phase = .asked
            link.send(try frames.bytes(run.command, run: run.id, isWatched: run.isWatched, grace: grace))
        } catch {
            end(run, .ended(RunOutcome(ending: .notStarted(error))))
        }
    }

    private func watch(_ run: Run, pid: pid_t) {
        guard case .asked = run.phase else { return }
        let pidfd = pid > 0 ? csystem_pidfd_open(pid) : -1
        guard pidfd >= 0 else {
            if pid > 0, errno == ESRCH { return supervisorEnded(run) }
            // Out of descriptors, or it has not said its number yet: it is looked at again.
            run.deadline = clock.now + .seconds(1)
            return
        }
        guard csystem_poll_add(poll, pidfd, run.tag) else {
            close(pidfd)
            run.deadline = clock.now + .seconds(1)
            return
        }
        run.phase = .supervised(pidfd: pidfd)
        run.deadline = clock.now + run.command.settings.timeout + grace + Self.slack
    }

    private func sweep(_ run: Run) {
        run.phase = .swept
        run.deadline = clock.now + Self.patience
        link.send(RUNNER_SWEEP, run.id)
    }

    private func end(_ run: Run, _ kind: RunEnd.Kind?) {
        // Somebody made the file between two looks; the next one will see whose it is.
        guard let kind else {
            run.deadline = clock.now
            return
        }
        runs.remove(run)
        ended.append(RunEnd(run: run.id, kind: kind))
    }
}
