import CSystem
import Glibc

/// Commands that are ended by us, together with all that descends from them.
extension ChildLoop {
    /// The first look after the signals, and the longest distance between two: a tree usually goes at once, and one
    /// that does not is not worth much of our time.
    static let shortestSweep = Duration.milliseconds(5)
    static let longestSweep = Duration.milliseconds(320)
    /// A pipe holds no more (unless root made it larger).
    private static let mostInPipe = 1 << 20

    /// Ends the run, if it still runs.
    func end(_ run: RunID) {
        guard let child = children.children.first(where: { $0.run == run }) else { return }
        beginEnding(child, as: .interrupted, grace: grace, now: clock.now)
    }

    /// Ends all that run; a shorter grace also holds for those that are being ended already.
    func endAll(grace: Duration) {
        let now = clock.now
        for child in children.children {
            beginEnding(child, as: .interrupted, grace: grace, now: now)
        }
    }

    /// Ends all at once and lets the thread end after that.
    func stop() {
        isStopping = true
        endAll(grace: .zero)
        for child in children.children {
            if case .abandoned = child.phase {
                remove(child)
            }
        }
    }

    func beginEnding(_ child: Child, as ending: ChildOutcome.Ending, grace: Duration, now: ContinuousClock.Instant) {
        switch child.phase {
        case .running:
            child.phase = .ending
            child.tree.ending = ending
            child.tree.end(by: now + grace, isFirst: true)
            deadlines.remove(child)
            endings.append(child)
            sweepSoon()
        case .ending:
            child.tree.end(by: now + grace, isFirst: false)
            sweepSoon()
        case .draining, .abandoned:
            break
        }
    }

    /// Looks at the trees in the same turn.
    func sweepSoon() {
        sweepInterval = Self.shortestSweep
        nextSweep = clock.now
    }

    /// Looks at all trees that are being ended, signals what lives and completes what is gone.
    func sweep(now: ContinuousClock.Instant) {
        let isRead = processes.refresh()
        if isRead {
            processes.findMembers(of: endings, buffer: buffer)
            if endings.contains(where: \.tree.members.isEmpty), processes.refresh() {
                // A process may have hidden between two entries of /proc; it cannot do so twice.
                processes.findMembers(of: endings, buffer: buffer)
                endings.removeAll { $0.tree.members.isEmpty && finish($0) }
            }
        }
        for child in endings {
            if !isRead {
                signalLeader(child, now: now)
            }
            child.tree.signal(now: now, table: processes)
        }
        endings.removeAll { now >= $0.tree.giveUpAt && abandon($0) }
        scheduleSweep(now: now)
    }

    /// The least that can be done where /proc cannot be read, for want of descriptors.
    private func signalLeader(_ child: Child, now: ContinuousClock.Instant) {
        _ = csystem_pidfd_signal(child.pidfd, now >= child.tree.killAt ? SIGKILL : SIGTERM)
    }

    private func scheduleSweep(now: ContinuousClock.Instant) {
        guard !endings.isEmpty else {
            nextSweep = nil
            return
        }
        let changes = endings.flatMap { [$0.tree.killAt, $0.tree.giveUpAt] }.filter { $0 > now }
        nextSweep = min(now + sweepInterval, changes.min() ?? now + sweepInterval)
        sweepInterval = min(sweepInterval * 2, Self.longestSweep)
    }

    /// The tree is gone: what it left in the pipes is read, and the result is told.
    private func finish(_ child: Child) -> Bool {
        reap(child)
        readRest(&child.stdout)
        readRest(&child.stderr)
        csystem_poll_remove(poll, child.pidfd)
        complete(child, child.tree.ending)
        return true
    }

    private func readRest(_ pipe: inout OutputPipe) {
        var total = 0
        while pipe.isOpen, total < Self.mostInPipe {
            let count = csystem_readable(pipe.descriptor)
            guard count > 0 else { return }
            total += count
            receive(&pipe)
        }
    }

    /// The tree does not go.
    ///
    /// The result is told all the same; the process, if it is it, is reaped when it ends.
    private func abandon(_ child: Child) -> Bool {
        child.phase = .abandoned
        complete(child, child.tree.ending, survivors: max(child.tree.members.count, 1))
        var ignored = csystem_exit()
        // Only if the process itself is what resists there will be an event at its end.
        if csystem_reap(child.pidfd, false, &ignored) || isStopping {
            remove(child)
        }
        return true
    }
}
