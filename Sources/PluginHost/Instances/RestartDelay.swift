/// How long to wait before a plugin's `run()` is started again.
struct RestartDelay: Sendable, Equatable {
    /// The first wait.
    static let first = Duration.seconds(1)
    /// The longest wait: a plugin that cannot run costs nothing and is back soon after the cause is gone.
    static let longest = Duration.seconds(60)
    /// After a run of this length the next failure counts as the first.
    static let healthy = Duration.seconds(600)

    private var failures = 0

    /// The wait after a run of this length.
    mutating func next(afterRunningFor duration: Duration) -> Duration {
        if duration >= Self.healthy { failures = 0 }
        failures += 1
        return min(Self.longest, Self.first * (1 << min(failures - 1, 10)))
    }
}
