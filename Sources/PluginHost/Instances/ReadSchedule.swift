/// When an instance is read: every interval, and at doubling intervals while the reading fails.
struct ReadSchedule: Sendable, Equatable {
    /// The longest wait of a reader that keeps failing: a day, as in collectd.
    static let longest = Duration.seconds(86_400)

    /// What the operator should hear about a reading.
    enum Remark: Sendable, Equatable {
        /// It failed; the next attempt comes after this.
        case failed(nextIn: Duration)
        /// It works again after this many failures.
        case recovered(failures: Int)
        /// It took longer than the interval.
        case slow(took: Duration)
    }

    /// When the next reading is due, in uptime.
    private(set) var due: Duration
    private let interval: Duration
    private var failures = 0

    /// A schedule whose first reading is due at once.
    init(interval: Duration, now: Duration) {
        self.interval = interval
        due = now
    }

    /// Takes note of the end of the reading that was due.
    ///
    /// - Parameters:
    ///   - hasSucceeded: Whether it gave metrics.
    ///   - started: When it began, which is later than it was due if the instance was busy.
    ///   - now: When it ended.
    /// - Returns: What to say about it; `nil` when all is as it should be.
    mutating func finish(hasSucceeded: Bool, started: Duration, now: Duration) -> Remark? {
        guard hasSucceeded else {
            failures += 1
            let wait = delay
            due = now + wait
            return .failed(nextIn: wait)
        }
        let earlierFailures = failures
        failures = 0
        // The rhythm is kept; after a slow reading the next one follows at once, and what was missed is not made up.
        due = earlierFailures > 0 ? now + interval : max(due + interval, now)
        if earlierFailures > 0 { return .recovered(failures: earlierFailures) }
        return now - started > interval ? .slow(took: now - started) : nil
    }

    /// Twice the interval after the first failure, then twice that, up to a day.
    private var delay: Duration {
        // 2^30 intervals of a millisecond are twelve days already: the shift stays far from overflow.
        min(max(Self.longest, interval), interval * (1 << min(failures, 30)))
    }
}
