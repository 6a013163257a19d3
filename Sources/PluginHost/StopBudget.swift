/// How the ten seconds of a stop are spent.
struct StopBudget: Sendable {
    /// Until what waits in the mailboxes has been handled.
    var settling = Duration.milliseconds(500)
    /// Until `run()` has returned: the executor gives running commands eight seconds to end.
    var returning = Duration.milliseconds(8200)
    /// Until what came in the meantime has been handled.
    var draining = Duration.milliseconds(300)
    /// Until the broker has acknowledged the last messages.
    var flushing = Duration.milliseconds(700)
}
