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
    /// More, for a sender that asked for it.
    public var detail: Detail?

    /// A result.
    public init(taskID: TaskID, timestamp: Timestamp, message: String, code: ResultCode, detail: Detail? = nil) {
        self.taskID = taskID
        self.timestamp = timestamp
        self.message = message
        self.code = code
        self.detail = detail
    }

    /// Reads a result; `nil` when one of the four members is missing or of another type.
    ///
    /// Unknown members are ignored, and so are members of the detail that cannot be read.
    public init?(json: JSONValue) {
        guard let object = json.object, let taskID = TaskID(object["task_id"]),
            let timestamp = object["timestamp"]?.string.flatMap(Timestamp.init(rfc3339:)),
            let message = object["message"]?.string, let code = object["code"]?.integer
        else { return nil }
        self.init(
            taskID: taskID, timestamp: timestamp, message: message, code: ResultCode(rawValue: Int(code)),
            detail: Detail(object)
        )
    }

    /// The wire form: `task_id`, `timestamp`, `message` and `code`, and exactly these where there is no detail.
    public var json: JSONValue {
        let plain: [(String, JSONValue)] = [
            ("task_id", taskID.json), ("timestamp", .string(timestamp.description)), ("message", .string(message)),
            ("code", .integer(Int64(code.rawValue))),
        ]
        return .object(JSONObject(plain + (detail?.members ?? [])))
    }
}
