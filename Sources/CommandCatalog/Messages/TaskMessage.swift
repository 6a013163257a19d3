public import JSON

/// A task as it came over the wire, checked for form but not yet for whether its command exists.
public struct TaskMessage: Sendable, Equatable {
    /// The sender's identity for the task.
    public let taskID: TaskID
    /// When the task was made, as the sender wrote it.
    public let timestamp: String?
    /// The service that is asked for.
    public let service: Name
    /// The command that is asked for.
    public let command: Name
    /// The parameters by name; `nil` when the task has no such member.
    public let parameters: [Name: JSONValue]?
    /// Who asks, as claimed; at most 128 bytes.
    public let from: String?
    /// Why, as claimed; at most 256 bytes.
    public let reason: String?

    /// The largest task that is accepted, in bytes.
    public static let largestSize = 64 * 1024
    /// The largest payload that is parsed at all; a larger one is not even looked at.
    public static let largestReadableSize = 2 * 1024 * 1024
    /// How deep a task may nest, its own object being 1.
    public static let deepestNesting = 8

    /// A task to send.
    public init(
        taskID: TaskID,
        timestamp: Timestamp,
        service: Name,
        command: Name,
        parameters: [Name: JSONValue]? = nil,
        reason: String? = nil,
        from: String? = nil
    ) {
        self.taskID = taskID
        self.timestamp = timestamp.description
        self.service = service
        self.command = command
        self.parameters = parameters
        self.from = from
        self.reason = reason
    }

    /// Reads a payload.
    ///
    /// - Throws: Why it is no task, and to whom that can be answered.
    public init(_ payload: [UInt8]) throws(TaskMessageError) {
        let members = try TaskMembers(payload)
        taskID = members.taskID
        try members.checkNeeds()
        try members.checkVerb()
        service = try members.name("service")
        command = try members.name("command")
        parameters = try members.parameters()
        timestamp = members.object["timestamp"]?.string
        from = try members.text("from", atMost: 128)
        reason = try members.text("reason", atMost: 256)
    }

    /// The wire form.
    public var json: JSONValue {
        var object: JSONObject = ["task_id": taskID.json]
        object["timestamp"] = timestamp.map(JSONValue.string)
        object["service"] = .string(service.text)
        object["command"] = .string(command.text)
        object["parameters"] = parameters.map { parameters in
            .object(JSONObject(parameters.sorted { $0.key < $1.key }.map { ($0.key.text, $0.value) }))
        }
        object["from"] = from.map(JSONValue.string)
        object["reason"] = reason.map(JSONValue.string)
        return .object(object)
    }
}

/// Why a payload is no task.
public struct TaskMessageError: Error, Equatable {
    /// The task to answer; `nil` when there is no readable `task_id`, and so nobody to answer.
    public let taskID: TaskID?
    /// The code of the answer.
    public let code: ResultCode
    private let detail: Detail

    /// A flood of garbage is counted, not described: the text is made when somebody reads it.
    private enum Detail {
        case text(String)
        case syntax(JSONError)
    }

    init(taskID: TaskID?, code: ResultCode, message: String) {
        (self.taskID, self.code, detail) = (taskID, code, .text(message))
    }

    init(_ syntax: JSONError) {
        (taskID, code, detail) = (nil, .malformed, .syntax(syntax))
    }

    /// What was wanted and what was found.
    public var message: String {
        switch detail {
        case .text(let text): text
        case .syntax(let error): "no valid JSON: \(error)"
        }
    }

    /// Whether both say the same to the same.
    public static func == (left: TaskMessageError, right: TaskMessageError) -> Bool {
        left.taskID == right.taskID && left.code == right.code && left.message == right.message
    }
}
