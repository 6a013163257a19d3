public import JSON

/// A task as it came over the wire, checked for form but not yet for whether its command exists.
public struct TaskMessage: Sendable, Equatable {
    /// The sender's identity for the task.
    public let taskID: TaskID
    /// When the task was made, as the sender wrote it.
    public let timestamp: String?
    /// When the task was made; `nil` when the sender's text is no RFC 3339 time that can be told.
    public let time: Timestamp?
    /// What is asked for.
    public let verb: Verb
    /// From this time on the task may not start any more, as the sender wrote it.
    public let expiresText: String?
    /// From this time on the task may not start any more.
    public let expires: Timestamp?
    /// What the sender wants to be told besides the plain answer.
    public let reply: ReplyWishes
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
        verb: Verb,
        expires: Timestamp? = nil,
        reply: ReplyWishes = ReplyWishes(),
        reason: String? = nil,
        from: String? = nil
    ) {
        self.taskID = taskID
        self.timestamp = timestamp.description
        self.time = Timestamp(rfc3339: timestamp.description)
        self.verb = verb
        self.expiresText = expires?.description
        self.expires = expires.flatMap { Timestamp(rfc3339: $0.description) }
        self.reply = reply
        self.from = from
        self.reason = reason
    }

    /// A task that asks for a command.
    public init(
        taskID: TaskID,
        timestamp: Timestamp,
        service: Name,
        command: Name,
        parameters: [Name: JSONValue]? = nil,
        reason: String? = nil,
        from: String? = nil
    ) {
        let request = CommandRequest(service: service, command: command, parameters: parameters)
        self.init(taskID: taskID, timestamp: timestamp, verb: .command(request), reason: reason, from: from)
    }

    /// Reads a payload.
    ///
    /// - Throws: Why it is no task, and to whom that can be answered.
    public init(_ payload: [UInt8]) throws(TaskMessageError) {
        let members = try TaskMembers(payload)
        taskID = members.taskID
        try members.checkNeeds()
        verb = try members.verb()
        timestamp = try members.timestamp()
        time = timestamp.flatMap(Timestamp.init(rfc3339:))
        (expiresText, expires) = try members.expires()
        reply = try members.reply()
        from = try members.text("from", atMost: 128)
        reason = try members.text("reason", atMost: 256)
    }

    /// The wire form.
    public var json: JSONValue {
        var object: JSONObject = ["task_id": taskID.json]
        object["timestamp"] = timestamp.map(JSONValue.string)
        switch verb {
        case .command(let request): for (name, value) in request.members { object[name] = value }
        case .check(let request):
            object["check"] = .object(
                JSONObject(request.members.compactMap { name, value in value.map { (name, $0) } }))
        case .cancel(let id): object["cancel"] = id.json
        case .fetch(let request): object["fetch"] = request.json
        }
        object["expires"] = expiresText.map(JSONValue.string)
        object["reply"] = reply.json
        object["from"] = from.map(JSONValue.string)
        object["reason"] = reason.map(JSONValue.string)
        return .object(object)
    }
}

extension TaskMessage {
    /// The command that is asked for or asked about; `nil` for the other verbs.
    public var request: CommandRequest? {
        switch verb {
        case .command(let request), .check(let request): request
        case .cancel, .fetch: nil
        }
    }

    /// The service that is asked for or asked about.
    public var service: Name? { request?.service }

    /// The command that is asked for or asked about.
    public var command: Name? { request?.command }

    /// The parameters of the command that is asked for or asked about.
    public var parameters: [Name: JSONValue]? { request?.parameters }

    /// What the task is known by.
    public var digest: TaskDigest {
        var tuple = TupleBytes()
        // The version of this very list of fields: another list gets another word.
        tuple.append("recoverd task 1")
        tuple.append(taskID)
        tuple.append(timestamp)
        tuple.append(expiresText)
        tuple.append(verb.word)
        switch verb {
        case .command(let request), .check(let request):
            tuple.append(request.service.text)
            tuple.append(request.command.text)
            tuple.append(request.parameters)
        case .cancel(let id): tuple.append(id)
        case .fetch(let request):
            tuple.append(request.taskID)
            tuple.append(request.stream.rawValue)
            tuple.append(request.offset)
            tuple.append(request.length)
        }
        for wish in [reply.detail, reply.follow, reply.events] { tuple.append(wish) }
        return TaskDigest(of: tuple)
    }
}
