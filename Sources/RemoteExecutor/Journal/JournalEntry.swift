import CommandCatalog

extension Journal {
    /// How far a task has come; the numbers are those of the file.
    enum Stage: Int64, Sendable, CaseIterable {
        /// It waits for its turn.
        case accepted = 1
        /// It was handed to a supervisor; whether the command runs, the supervisor's claim tells.
        case starting = 2
        /// It has ended, and its answer is kept for those who wait for it.
        case finished = 3
        /// Its answer has arrived at the broker.
        case announced = 4
    }

    /// What happened to a task, to be made durable.
    enum Change: Sendable {
        /// It was taken in.
        case accepted(Acceptance)
        /// A supervisor gets it, in this boot.
        case starting(number: Int64, run: UInt64, boot: String, at: Timestamp)
        /// It has ended.
        case finished(number: Int64, Finish)
        /// Its answer has arrived.
        case announced(number: Int64)
        /// A command may not run again before.
        case cooldown(service: String, command: String, until: Timestamp)
    }

    /// A task that was taken in.
    struct Acceptance: Sendable, Equatable {
        /// Its number, larger than all before; see ``Journal/nextNumber``.
        var number: Int64
        var digest: TaskDigest
        /// Its id, as JSON text.
        var taskID: String
        /// The message as it came.
        var payload: [UInt8]
        /// Where it came from, which is where the answer goes.
        var commandTopic: String
        var broker: String
        var accepted: Timestamp
        /// The digest is inside a time window, and never gives way before this.
        var keepUntil: Timestamp?
        /// Not nil: it starts at once.
        var run: UInt64?
        /// The boot in which it was accepted, and in which it starts.
        var boot: String
    }

    /// The end of a task.
    struct Finish: Sendable, Equatable {
        var code: Int
        /// The state's word, such as `finished`.
        var state: String
        /// What the command printed, as it is answered.
        var message: String
        /// What else is answered, as JSON.
        var detail: [UInt8]
        var finished: Timestamp
        /// Nil: as the start said.
        var started: Timestamp?
    }

    /// What is known about a task.
    struct Entry: Sendable, Equatable {
        var number: Int64
        var stage: Stage
        var digest: TaskDigest
        var taskID: String
        /// Empty when it gave way with the answer.
        var payload: [UInt8]
        var commandTopic: String
        var broker: String
        var accepted: Timestamp
        var keepUntil: Timestamp?
        var run: UInt64?
        var boot: String
        var started: Timestamp?
        var finished: Timestamp?
        var code: Int?
        var state: String?
        /// Nil before the end, and when the stored answer gave way to others.
        var message: String?
        /// Nil before the end, and when the stored answer gave way to others.
        var detail: [UInt8]?
    }

    /// What is kept at most.
    struct Limits: Sendable, Equatable {
        /// Rows.
        var digests = 1_000_000
        /// Bytes of payloads, messages and details.
        var answerBytes = 64 << 20
        /// How long a digest is remembered behind the end of its task.
        var horizon: Duration = .seconds(86_400)
        /// Bytes that are reserved for the day when the disk is full.
        var ballast = 256 << 10
    }

    /// Whether the last commit could be made, and why not.
    enum State: Sendable, Equatable {
        case ok
        /// No space is left; true as long as the ballast is missing, even where commits succeed.
        case full
        case readOnly
        case failed(String)
    }

    /// What there is, and what has happened since the journal was opened.
    struct Counters: Sendable, Equatable {
        /// Rows now.
        var digests = 0
        /// Bytes of payloads, messages and details now.
        var answerBytes = 0
        /// Rows that were deleted within their horizon, because of the limit.
        var digestsGivenWay = 0
        /// Stored answers that were dropped because of the limit.
        var answersGivenWay = 0
        /// Rows that were deleted behind their horizon.
        var pruned = 0
        var commits = 0
        var failedCommits = 0
        var ballastReleased = 0
        /// Ends and announcements that fit no row or came twice, and were ignored.
        var misfits = 0
        /// Deferred changes that were dropped because too many waited.
        var deferredDropped = 0
    }
}
