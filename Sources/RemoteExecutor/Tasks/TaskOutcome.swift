internal import CommandCatalog
internal import JSON

/// What became of a task: the code and the text of its answer.
struct TaskOutcome: Sendable, Equatable {
    let code: ResultCode
    let message: String
    /// Why, where it is not what the code usually stands for.
    var reason: ResultReason?

    /// The answer to a task that is refused.
    static func refused(_ error: CatalogError) -> TaskOutcome {
        TaskOutcome(code: error.code, message: error.message)
    }

    /// The answer to a task whose id another task has.
    static func idInUse(_ id: TaskID) -> TaskOutcome {
        TaskOutcome(code: .duplicateTaskID, message: "Received duplicate task_id: \(id)")
    }

    /// The answer to a task that was done before, and whose answer is not kept any more.
    static func doneBefore(_ id: TaskID) -> TaskOutcome {
        TaskOutcome(
            code: .expired, message: "Task \(id) was taken before, and its answer is not kept any more",
            reason: .expired)
    }

    /// The answer to a task that names a challenge, when as many were taken as can be remembered.
    static let tooManyByChallenge = TaskOutcome(
        code: .queueFull,
        message: "\(ChallengedTasks.most) tasks were taken by challenges; set this host's clock, or wait for two hours",
        reason: .tooOften)

    /// The answer to a task that finds no room.
    static func queueFull(_ most: Int) -> TaskOutcome {
        TaskOutcome(code: .queueFull, message: "Too many tasks: \(most) are waiting already; send it again later")
    }

    /// The answer to a task whose command ran too short a time ago.
    static func cooling(_ command: Command, until: Timestamp) -> TaskOutcome {
        TaskOutcome(
            code: .coolingDown,
            message: "\(command.service) \(command.name) was asked for a short time ago; it cools down until \(until)",
            reason: .coolingDown
        )
    }

    /// The answer to a task that the journal does not take.
    static let notStored = TaskOutcome(
        code: .storageUnavailable,
        message: "The agent's state directory takes nothing, so the task was not accepted; free space and send it again"
    )

    /// The answer to a task whose supervisor was killed, or that a reboot ended.
    static let interrupted = TaskOutcome(
        code: .interrupted, message: "The command was interrupted; whether it did its work is not known")

    /// The answer to a task whose time was over before it could start.
    static func expiredWaiting(_ expires: Timestamp) -> TaskOutcome {
        TaskOutcome(code: .expired, message: "Not started: it had to start before \(expires), and had to wait longer")
    }

    /// The answer to a `fetch`: where the piece begins, how long it is, and the bytes.
    static func output(_ request: OutputRequest, _ bytes: [UInt8], total: Int) -> TaskOutcome {
        let piece = OutputPiece(offset: request.offset, total: Int64(total), data: bytes)
        return TaskOutcome(code: .success, message: piece.json.text)
    }

    /// The answer to a task that was cancelled while it waited.
    static let cancelledBeforeStart = TaskOutcome(
        code: .cancelled, message: "The task was cancelled before it was started")
}

extension TaskOutcome {
    /// The answer to a task that replaced a configuration: its process says by its exit status what became of that.
    init(ofReplacement outcome: RunOutcome) {
        self.init(outcome)
        switch outcome.ending {
        case .exited(let status): self.init(code: ResultCode(replacerStatus: status), message: message)
        case .notStarted(let failure):
            self.init(code: .replacerNotFound, message: "Cannot find replace-config: \(failure.text)")
        default: break
        }
    }

    /// The answer to a task whose command was started, or should have been.
    init(_ outcome: RunOutcome) {
        let printed = outcome.stdout.message
        switch outcome.ending {
        case .exited(let status): self.init(code: ResultCode(rawValue: Int(status)), message: printed)
        case .signaled(let signal): self.init(code: ResultCode(rawValue: 128 + Int(signal)), message: printed)
        case .timedOut: self.init(code: .timedOut, message: printed)
        case .cancelled: self.init(code: .cancelled, message: printed)
        case .interrupted: self = .interrupted
        case .notStarted(let failure):
            self.init(code: .couldNotStart, message: "Could not start: \(failure.text)")
        }
    }
}
