import CommandCatalog
import Glibc
import Logging
import PluginKit

/// Has commands run, and tells what became of them: the only way of a command to a process.
///
/// The processes belong to `recoverd-runner` and outlive the agent; one thread here asks and watches. All methods may
/// be called from any thread and return at once, but ``stop()``, which waits for the thread.
final class CommandRuns: Sendable {
    private let requests: RunRequests
    private let thread: RunThread
    private let runtime: String

    /// Between SIGTERM and SIGKILL for a command whose time is over.
    static let grace = Duration.seconds(10)

    /// Makes the thread; the runner is reached, or started, on it.
    ///
    /// What becomes of runs is told after ``begin(_:)``.
    ///
    /// - Parameters:
    ///   - runtime: The directory that the runner shares with us, gone after the next boot.
    ///   - boot: What this boot is called.
    ///   - bounds: How much output is kept.
    ///   - grace: The time between SIGTERM and SIGKILL.
    ///   - patience: How long the runner may take for an answer.
    ///   - program: The runner's program; `nil`: it is not installed.
    ///   - pulse: Beats while the thread goes on.
    ///   - logger: For what happens to the runner.
    /// - Throws: Where there are no descriptors or no thread to be had.
    init(
        runtime: String, boot: String, bounds: OutputBounds = OutputBounds(), grace: Duration = CommandRuns.grace,
        patience: Duration = .seconds(10), program: String? = RunnerProgram.path, pulse: Pulse = Pulse("runs"),
        logger: Logger
    ) throws(StartFailure) {
        self.runtime = runtime
        requests = try RunRequests()
        thread = try RunThread(
            running: RunLoop(
                requests: requests, program: RunnerProgram(runtime: runtime, path: program),
                runtime: runtime, boot: boot, bounds: bounds, grace: grace, patience: patience,
                pulse: pulse, logger: logger))
    }

    deinit {
        stop()
    }

    /// Says to whom the runs belong; before anything is asked for.
    func begin(_ handlers: RunLoop.Handlers) {
        requests.send([.begin(handlers)])
    }

    /// Starts commands, each under a name that was never used before.
    func start(_ starts: [RunRequests.Start]) {
        requests.send(starts.map { .start($0) })
    }

    /// Finds out what became of runs that an agent before this one was about to start.
    func attach(_ starts: [RunRequests.Start]) {
        requests.send(starts.map { .attach($0) })
    }

    /// Ends a run with all that descends from it; it ends as cancelled.
    func cancel(_ run: RunID) {
        requests.send([.cancel(run)])
    }

    /// Has the ``RunLoop/Handlers/turn`` called, until it says that nothing is left to look after.
    func wake() {
        requests.send([.turn])
    }

    /// Whether the runner can be asked for something.
    var isRunnerReady: Bool { requests.isRunnerReady }

    /// The file of a run.
    func file(_ run: RunID) -> RunFile { RunFile(runtime: runtime, run: run) }

    /// Lets all commands go on without us and waits for the thread; a second call does nothing.
    func stop() {
        if requests.send([.stop]) { thread.join() }
    }
}
