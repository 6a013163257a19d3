import CSystem
import CommandCatalog
import Glibc

/// A command that runs.
///
/// It belongs to the children thread.
final class Child {
    /// Where a command stands.
    enum Phase {
        /// It runs, and its time-out is its deadline.
        case running
        /// It ended by itself, and what is left in its pipes is read until its deadline.
        case draining(ChildOutcome.Ending)
        /// We are ending it and its tree.
        case ending
        /// It resisted; its result is out, and only the process itself is waited for.
        case abandoned
    }

    let run: RunID
    let pid: pid_t
    let pidfd: Int32
    let started: ContinuousClock.Instant
    let completion: ChildCompletion
    var stdout: OutputPipe
    var stderr: OutputPipe
    var phase = Phase.running
    /// What is known of it while it is being ended.
    var tree: ProcessTree
    /// When this child wants to be looked at; kept by the ``DeadlineQueue``.
    var deadline: ContinuousClock.Instant
    /// Its place in the ``DeadlineQueue``; -1: it is not in it.
    var queueIndex = -1
    /// Its place in the ``ChildTable``.
    var handle = ChildTable.Handle(slot: 0, generation: 0)

    init(_ child: csystem_child, request: ChildRequests.Start, started: ContinuousClock.Instant) {
        run = request.run
        pid = child.pid
        pidfd = child.pidfd
        self.started = started
        completion = request.completion
        let settings = request.command.settings
        stdout = OutputPipe(descriptor: child.output, limit: settings.output)
        stderr = OutputPipe(descriptor: child.error, limit: min(settings.output, OutputPipe.mostOfStandardError))
        tree = ProcessTree(leader: child.pid, run: request.run)
        deadline = started + settings.timeout
    }
}
