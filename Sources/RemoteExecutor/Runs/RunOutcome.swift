internal import CommandCatalog

/// What became of a command.
struct RunOutcome: Sendable {
    /// How a command ended.
    enum Ending: Equatable, Sendable {
        /// By itself, with this exit status.
        case exited(Int32)
        /// By a signal that we did not send.
        case signaled(Int32)
        /// By us, because its time was over.
        case timedOut
        /// By us, because we were asked to.
        case cancelled
        /// Nobody knows: its supervisor was killed.
        case interrupted
        /// It never ran.
        case notStarted(StartFailure)
    }

    /// How it ended.
    let ending: Ending
    /// What it wrote to standard output.
    var stdout = RunOutput.empty
    /// What it wrote to standard error.
    var stderr = RunOutput.empty
    /// When its program was executed; `nil`: never, or nobody knows.
    var started: Timestamp?
    /// When it ended; `nil`: nobody knows.
    var ended: Timestamp?
    /// From start to end, by a clock that never jumps.
    var duration: Duration?
    /// Whether its output may stand in files beside the record.
    var maySpool = true
    /// How many processes of a command that was to be ended resisted SIGKILL until we gave up; 0 unless the kernel is
    /// stuck.
    var survivors = 0
}
