public import CommandCatalog
public import JSON

/// A task for one agent: usually for the service `agent`, which every agent has.
public struct AgentTask: Sendable {
    /// Its id.
    public let id: TaskID
    private let verb: Verb
    private let reason: String?

    /// A command of the service, with parameters if it takes any.
    public init(_ command: String, _ parameters: [String: JSONValue] = [:]) {
        let named = parameters.compactMap { key, value in Name(key).map { ($0, value) } }
        let request = CommandRequest(
            service: Self.name(CommandCatalog.reservedService), command: Self.name(command),
            parameters: named.isEmpty ? nil : Dictionary(uniqueKeysWithValues: named))
        self.init(.command(request))
    }

    /// A task that asks for something else, and says why.
    public init(_ verb: Verb, reason: String? = nil) {
        var generator = SystemRandomNumberGenerator()
        id = .random(using: &generator)
        (self.verb, self.reason) = (verb, reason)
    }

    private static func name(_ text: String) -> Name {
        guard let name = Name(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    /// The task.
    ///
    /// - Parameters:
    ///   - duration: An agent that finds it later leaves it; at least a minute, because clocks differ.
    ///   - reply: What the agent shall tell besides the plain answer.
    /// - Returns: The message.
    public func message(validFor duration: Duration, reply: ReplyWishes = ReplyWishes()) -> TaskMessage {
        let now = Timestamp.now
        return TaskMessage(
            taskID: id, timestamp: now, verb: verb, expires: now + max(duration, .seconds(60)),
            reply: reply, reason: reason)
    }
}

/// What an agent answered.
public struct AgentReply: Sendable {
    /// The code of the answer.
    public let code: ResultCode
    /// Its text.
    public let message: String

    /// Reads a result; `nil` for everything that is not the answer to this task.
    public init?(_ payload: [UInt8], to id: TaskID) {
        guard let object = (try? JSONText(payload, allowsNUL: true))?.value.object, TaskID(object["task_id"]) == id,
            let code = object["code"]?.integer
        else { return nil }
        self.code = ResultCode(rawValue: Int(code))
        message = object["message"]?.string ?? ""
    }

    /// The object that the text holds; `nil` where it is none.
    public var object: JSONObject? { (try? JSONText(Array(message.utf8), allowsNUL: true))?.value.object }
}
