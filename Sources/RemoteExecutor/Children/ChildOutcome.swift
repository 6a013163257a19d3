/// What became of a command.
struct ChildOutcome: Sendable {
    /// How a command ended.
    enum Ending: Equatable, Sendable {
        /// By itself, with this exit status.
        case exited(Int32)
        /// By a signal that we did not send.
        case signaled(Int32)
        /// By us, because its time was over.
        case timedOut
        /// By us, because we were asked to.
        case interrupted
        /// It never ran.
        case notStarted(SpawnFailure)
    }

    /// How it ended.
    let ending: Ending
    /// What it wrote to standard output.
    let stdout: CapturedOutput
    /// What it wrote to standard error.
    let stderr: CapturedOutput
    /// When it was started.
    let started: ContinuousClock.Instant
    /// When all of this was known.
    let ended: ContinuousClock.Instant
    /// How many processes of a command that was to be ended resisted SIGKILL until we gave up; 0 unless the kernel is
    /// stuck.
    let survivors: Int

    /// The exit status as a shell shows it, 128 + n for an end by signal n; `nil` where the command did not end by
    /// itself.
    var code: Int32? {
        switch ending {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        case .timedOut, .interrupted, .notStarted: nil
        }
    }
}
