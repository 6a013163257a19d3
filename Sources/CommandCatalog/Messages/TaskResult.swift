public import JSON

/// The answer to a task.
public struct TaskResult: Sendable, Equatable {
    /// The task that is answered.
    public let taskID: TaskID
    /// When the result came to be.
    public let timestamp: Timestamp
    /// What the command printed, or why it did not run.
    public let message: String
    /// The exit status, or why there is none.
    public let code: ResultCode

    /// A result.
    public init(taskID: TaskID, timestamp: Timestamp, message: String, code: ResultCode) {
        self.taskID = taskID
        self.timestamp = timestamp
        self.message = message
        self.code = code
    }

    /// The wire form: exactly `task_id`, `timestamp`, `message` and `code`.
    public var json: JSONValue {
        [
            "task_id": taskID.json, "timestamp": .string(timestamp.description), "message": .string(message),
            "code": .integer(Int64(code.rawValue)),
        ]
    }
}
