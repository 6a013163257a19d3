import CommandCatalog
import Glibc
import Synchronization

/// Starts commands and tells what became of them: the only way of a command to a process.
///
/// One thread serves all commands: it starts them, reads what they print, ends them when their time is over and reaps
/// them. All methods may be called from any thread and return at once, but ``shutdown()``, which waits.
final class ChildProcesses: Sendable {
    private let requests: ChildRequests
    private let thread: ChildThread

    /// Makes the thread.
    ///
    /// Raises the process's soft limit of open descriptors to the hard one; commands get the former limit.
    ///
    /// - Parameter grace: The time between SIGTERM and SIGKILL for a command whose time is over.
    /// - Throws: Where there are no descriptors or no thread to be had.
    init(grace: Duration = .seconds(10)) throws(SpawnFailure) {
        requests = try ChildRequests()
        thread = try ChildThread(running: ChildLoop(requests: requests, grace: grace))
    }

    deinit {
        shutdown()
    }

    /// How many commands were given to ``start(_:run:completion:)`` and have not been completed.
    var running: Int {
        requests.running.load(ordering: .relaxed)
    }

    /// Starts the command.
    ///
    /// - Parameters:
    ///   - command: What is run.
    ///   - run: This start's own name; never used twice.
    ///   - completion: Called exactly once, on the children thread (after ``shutdown()``: on this one). It must neither
    ///     wait nor take long, for no other command is served meanwhile.
    func start(_ command: Command, run: RunID, completion: @escaping ChildCompletion) {
        let start = ChildRequests.Start(command: command, run: run, completion: completion)
        guard !requests.send(.start(start)) else { return }
        let empty = CapturedOutput(limit: 0)
        let now = ContinuousClock.now
        let reason = SpawnFailure(.stopping, errno: ESHUTDOWN, "no command is started any more")
        completion(
            ChildOutcome(
                ending: .notStarted(reason), stdout: empty, stderr: empty, started: now, ended: now, survivors: 0))
    }

    /// Ends the run with all that descends from it, as after its time-out; it completes as interrupted.
    func end(_ run: RunID) {
        _ = requests.send(.end(run))
    }

    /// Ends everything that runs now: SIGTERM, and after `grace` SIGKILL.
    ///
    /// All of it completes as interrupted.
    func endAll(grace: Duration) {
        _ = requests.send(.endAll(grace: grace))
    }

    /// Kills what still runs, completes it, and waits for the thread to end; at most some seconds.
    ///
    /// Nothing can be started after this. A second call does nothing.
    func shutdown() {
        if requests.send(.stop) {
            thread.join()
        }
    }
}
