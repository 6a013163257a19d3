internal import JSON

extension TaskResult {
    /// What became of a task.
    public enum State: String, Sendable, CaseIterable {
        /// The command ended by itself, or the agent answered without one.
        case finished
        /// The agent did not want to start it.
        case refused
        /// It came, or waited, too long to start.
        case expired
        /// Its process could not be started.
        case notStarted = "not_started"
        /// It ran longer than it may and was ended.
        case timedOut = "timed_out"
        /// It was cut off, or nobody can know how it ended.
        case interrupted
        /// It was ended, or taken from the queue, because a task asked for that.
        case cancelled

        /// The state that a code stands for.
        public init(_ code: ResultCode) {
            switch code {
            case .expired: self = .expired
            case .couldNotStart: self = .notStarted
            case .timedOut: self = .timedOut
            case .interrupted: self = .interrupted
            case .cancelled: self = .cancelled
            default: self = code.isExitStatus ? .finished : .refused
            }
        }
    }

    /// What a command printed on one stream.
    public struct Output: Sendable, Equatable {
        /// Head and tail of it, as in ``TaskResult/message``.
        public var text: String
        /// How many bytes it printed.
        public var bytes: Int64
        /// How many of them, from the first on, are kept on the host and can be fetched.
        public var kept: Int64
        /// The SHA-256 of the kept bytes, as 64 hexadecimal digits; `nil` where nobody counted.
        public var sha256: String?

        /// What was printed.
        public init(text: String, bytes: Int64, kept: Int64, sha256: String? = nil) {
            (self.text, self.bytes, self.kept, self.sha256) = (text, bytes, kept, sha256)
        }
    }

    /// Who asked, and why.
    public struct Origin: Sendable, Equatable {
        /// The key whose signature was good; `nil` where none was asked for.
        public var key: String?
        /// The roles of that key, separated by commas.
        public var role: String?
        /// Who, as the task claimed.
        public var from: String?
        /// Why, as the task claimed.
        public var reason: String?

        /// An origin.
        public init(key: String? = nil, role: String? = nil, from: String? = nil, reason: String? = nil) {
            (self.key, self.role, self.from, self.reason) = (key, role, from, reason)
        }
    }

    /// What a sender gets that asks for `reply.detail`; times are written with milliseconds.
    public struct Detail: Sendable, Equatable {
        /// The agent's host.
        public var host: String
        /// Which start of the host it was.
        public var bootID: String
        /// What became of the task.
        public var state: State
        /// Why, in one word; `nil` when read from an agent with words that are not ours.
        public var reason: ResultReason?
        /// The exit status of the command.
        public var exit: Int?
        /// The signal that ended the command.
        public var signal: Int?
        /// When the task was accepted.
        public var accepted: Timestamp?
        /// When its command was started.
        public var started: Timestamp?
        /// When the task ended.
        public var finished: Timestamp?
        /// How long the command ran, by the monotonic clock, in whole milliseconds.
        public var duration: Duration?
        /// Its standard output.
        public var stdout: Output?
        /// Its standard error.
        public var stderr: Output?
        /// Who asked.
        public var by: Origin?
        /// The SHA-256 of the catalog that it was taken from.
        public var catalog: String?
        /// Whether this is the stored answer to a task that came again.
        public var isReplayed = false
        /// Whether the journal knew of the task before it started.
        public var isDurable = true

        /// The least that is always known.
        public init(host: String, bootID: String, state: State, reason: ResultReason?) {
            (self.host, self.bootID, self.state, self.reason) = (host, bootID, state, reason)
        }
    }
}
