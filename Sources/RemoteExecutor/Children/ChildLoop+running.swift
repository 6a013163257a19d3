import CSystem
import Glibc
import Synchronization

/// Commands that run and end by themselves.
extension ChildLoop {
    /// How long the output of a command that has ended is still read when something that it left behind holds it open.
    static let drainTime = Duration.seconds(1)

    func start(_ request: ChildRequests.Start) {
        let started = clock.now
        do {
            let process = try launcher.launch(request.command, run: request.run)
            let child = Child(process, request: request, started: started)
            children.insert(child)
            try watch(child)
            deadlines.schedule(child, at: child.deadline)
        } catch {
            let empty = CapturedOutput(limit: 0)
            let outcome = ChildOutcome(
                ending: .notStarted(error), stdout: empty, stderr: empty, started: started, ended: clock.now,
                survivors: 0)
            requests.running.subtract(1, ordering: .relaxed)
            request.completion(outcome)
        }
    }

    /// Watches the child; where that is not possible the child is killed, for nobody would see its end.
    private func watch(_ child: Child) throws(SpawnFailure) {
        let handle = child.handle
        guard csystem_poll_add(poll, child.pidfd, ChildEvent.exit(handle).tag),
            csystem_poll_add(poll, child.stdout.descriptor, ChildEvent.stdout(handle).tag),
            csystem_poll_add(poll, child.stderr.descriptor, ChildEvent.stderr(handle).tag)
        else {
            let failure = SpawnFailure(.watch, errno: errno, "cannot watch the process")
            _ = csystem_pidfd_signal(child.pidfd, SIGKILL)
            reap(child)
            remove(child)
            throw failure
        }
    }

    func readOutput(_ child: Child) {
        receive(&child.stdout)
        finishIfDrained(child)
    }

    func readError(_ child: Child) {
        receive(&child.stderr)
        finishIfDrained(child)
    }

    /// The process has ended.
    func exited(_ child: Child) {
        csystem_poll_remove(poll, child.pidfd)
        switch child.phase {
        case .running:
            child.phase = .draining(reap(child))
            deadlines.schedule(child, at: clock.now + Self.drainTime)
            finishIfDrained(child)
        case .ending:
            // Not reaped yet: as long as it is a zombie, its pid and its session can be nobody else's.
            sweepSoon()
        case .abandoned:
            reap(child)
            remove(child)
        case .draining:
            break
        }
    }

    /// The child's deadline has come.
    func expired(_ child: Child, now: ContinuousClock.Instant) {
        switch child.phase {
        case .running: beginEnding(child, as: .timedOut, grace: grace, now: now)
        case .draining(let ending): complete(child, ending)
        case .ending, .abandoned: break
        }
    }

    /// Ends the child's story: everything is closed and the result is told.
    func complete(_ child: Child, _ ending: ChildOutcome.Ending, survivors: Int = 0) {
        closePipes(child)
        if survivors == 0 {
            remove(child)
        }
        tell(child, ending, survivors: survivors)
    }

    func closePipes(_ child: Child) {
        closePipe(&child.stdout)
        closePipe(&child.stderr)
    }

    func receive(_ pipe: inout OutputPipe) {
        if pipe.isOpen, !pipe.receive(buffer) {
            closePipe(&pipe)
        }
    }

    @discardableResult
    func reap(_ child: Child) -> ChildOutcome.Ending {
        var ending = csystem_exit()
        // It fails only when somebody else in this process waits for children of ours.
        guard csystem_reap(child.pidfd, true, &ending) else { return .exited(255) }
        return ending.signal == 0 ? .exited(ending.code) : .signaled(ending.signal)
    }

    private func tell(_ child: Child, _ ending: ChildOutcome.Ending, survivors: Int) {
        let outcome = ChildOutcome(
            ending: ending, stdout: child.stdout.captured, stderr: child.stderr.captured, started: child.started,
            ended: clock.now, survivors: survivors)
        requests.running.subtract(1, ordering: .relaxed)
        child.completion(outcome)
    }

    /// Forgets the child, which has been reaped or never will be.
    func remove(_ child: Child) {
        closePipes(child)
        close(child.pidfd)
        deadlines.remove(child)
        children.remove(child)
    }

    private func finishIfDrained(_ child: Child) {
        if case .draining(let ending) = child.phase, !child.stdout.isOpen, !child.stderr.isOpen {
            complete(child, ending)
        }
    }

    private func closePipe(_ pipe: inout OutputPipe) {
        guard pipe.isOpen else { return }
        csystem_poll_remove(poll, pipe.descriptor)
        pipe.close()
    }
}
