import Synchronization

/// What is known about one instance's work: counters, and what it is doing at this moment.
final class InstanceRecord: Sendable {
    struct Values: Sendable, Equatable {
        /// Calls of role methods that have ended.
        var calls = 0
        /// Of these, the ones that threw.
        var failures = 0
        /// How long all calls took together.
        var time = Duration.zero
        /// How often `run()` had to be started again.
        var restarts = 0
        /// How often a call was found to be hanging.
        var hangs = 0
        /// What the last failure said; `nil` when none has happened since the last success.
        var lastError: String?
        /// The call that is going on.
        var current: (call: String, since: Duration)?
        /// Whether `run()` waits for its next start.
        var isRestarting = false
        /// Whether the present hang has been told.
        var isHanging = false

        static func == (left: Values, right: Values) -> Bool {
            left.calls == right.calls && left.failures == right.failures && left.restarts == right.restarts
                && left.hangs == right.hangs && left.lastError == right.lastError
                && left.isRestarting == right.isRestarting && left.isHanging == right.isHanging
        }
    }

    private let state = Mutex(Values())

    var values: Values { state.withLock { $0 } }

    func began(_ call: String, now: Duration) {
        state.withLock { $0.current = (call, now) }
    }

    func ended(error: (any Error)?, now: Duration) {
        state.withLock { values in
            values.calls += 1
            if let current = values.current { values.time += now - current.since }
            values.current = nil
            values.lastError = error.map { "\($0)" }
            if error != nil { values.failures += 1 }
        }
    }

    func runEnded(error: String) {
        state.withLock { values in
            values.failures += 1
            values.restarts += 1
            values.lastError = error
            values.isRestarting = true
        }
    }

    func runBegan() {
        state.withLock { $0.isRestarting = false }
    }

    /// Notes whether the instance hangs.
    ///
    /// - Returns: Whether that is news.
    func noteHanging(_ isHanging: Bool) -> Bool {
        state.withLock { values in
            guard values.isHanging != isHanging else { return false }
            values.isHanging = isHanging
            if isHanging { values.hangs += 1 }
            return true
        }
    }
}
