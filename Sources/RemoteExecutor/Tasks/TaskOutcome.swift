internal import CommandCatalog

/// What became of a task: the code and the text of its answer.
struct TaskOutcome: Sendable, Equatable {
    let code: ResultCode
    let message: String

    /// The answer to a task that is refused.
    static func refused(_ error: CatalogError) -> TaskOutcome {
        TaskOutcome(code: error.code, message: error.message)
    }

    /// The answer to a task whose id another task has.
    static func idInUse(_ id: TaskID) -> TaskOutcome {
        TaskOutcome(code: .duplicateTaskID, message: "Received duplicate task_id: \(id)")
    }

    /// The answer to a task that finds no room.
    static func queueFull(_ most: Int) -> TaskOutcome {
        TaskOutcome(code: .queueFull, message: "Too many tasks: \(most) are waiting already; send it again later")
    }

    /// The answer to a task that comes while the agent stops.
    static let stopping = TaskOutcome(code: .couldNotStart, message: "The agent is stopping; send it again later")

    /// The answer to a task that waited when the agent stopped.
    static let neverStarted = TaskOutcome(code: .interrupted, message: "The agent stopped before the command started")
}

extension TaskOutcome {
    /// The answer to a task whose command was started, or should have been.
    init(_ outcome: ChildOutcome) {
        let printed = outcome.stdout.message
        switch outcome.ending {
        case .exited(let status): self.init(code: ResultCode(rawValue: Int(status)), message: printed)
        case .signaled(let signal): self.init(code: ResultCode(rawValue: 128 + Int(signal)), message: printed)
        case .timedOut: self.init(code: .timedOut, message: printed)
        case .interrupted: self.init(code: .interrupted, message: printed)
        case .notStarted(let failure):
            self.init(code: .couldNotStart, message: "Could not start: \(failure.text)")
        }
    }
}
