internal import ConfigurationReader

/// How old and how far ahead a task may be, for an agent that asks for timestamps; and what `expires` means to any.
public struct TimeWindow: Sendable, Equatable {
    /// How long ago a task may have been made.
    public var oldest: Duration
    /// How far the sender's clock may be ahead.
    public var ahead: Duration
    /// Whether a task must say when it was made, and lie within the window.
    public var isRequired: Bool

    /// A window; the one of the documentation by default.
    public init(oldest: Duration = .seconds(300), ahead: Duration = .seconds(60), isRequired: Bool = false) {
        self.oldest = oldest
        self.ahead = ahead
        self.isRequired = isRequired
    }

    /// Why a task must not start now.
    public struct Objection: Error, Equatable {
        /// The code of the answer.
        public let code: ResultCode
        /// The word for the code.
        public let reason: ResultReason
        /// The text of the answer; it tells the agent's time, by which a sender with a wrong clock finds its mistake.
        public let message: String
    }

    /// Why a task must not start now; `nil` when it may.
    ///
    /// - Parameters:
    ///   - task: The task.
    ///   - now: What the agent's clock says.
    ///   - isClockSuspect: Whether that clock is behind a time that the agent has seen.
    /// - Returns: The reason.
    public func objection(to task: TaskMessage, now: Timestamp, isClockSuspect: Bool = false) -> Objection? {
        if let expires = task.expires, let time = task.time, expires < time {
            let text = "Malformed task: expires: \(expires) is before the timestamp \(time)"
            return Objection(code: .malformed, reason: .malformed, message: text)
        }
        if let expires = task.expires, expires <= now {
            return late("it had to start before \(expires)", now)
        }
        return isRequired ? objectionByWindow(to: task, now, isClockSuspect) : nil
    }

    /// From when on a task may not start any more; `nil` when it may for ever.
    public func end(of task: TaskMessage) -> Timestamp? {
        let window = isRequired ? task.time.map { $0 + oldest + .nanoseconds(1) } : nil
        guard let window, let expires = task.expires else { return window ?? task.expires }
        return min(window, expires)
    }

    private func objectionByWindow(to task: TaskMessage, _ now: Timestamp, _ isClockSuspect: Bool) -> Objection? {
        guard let time = task.time else {
            let found = task.timestamp == nil ? "none" : "a text that is none"
            return late("expected a timestamp such as \"2020-11-26T00:41:19Z\", found \(found)", now)
        }
        if isClockSuspect {
            let text = "Not started: this host's clock may be wrong, and tasks are bound to a time; it says \(now)"
            return Objection(code: .expired, reason: .clockSuspect, message: text)
        }
        if time + oldest < now { return late("it was made at \(time), more than \(DurationText(oldest)) ago", now) }
        if now + ahead < time { return late("it was made at \(time), more than \(DurationText(ahead)) ahead", now) }
        return nil
    }

    private func late(_ why: String, _ now: Timestamp) -> Objection {
        Objection(code: .expired, reason: .expired, message: "Not started: \(why); this host's clock says \(now)")
    }
}
