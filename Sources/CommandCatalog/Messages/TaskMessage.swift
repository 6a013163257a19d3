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
    /// Whom the task is for, `host/web01` or `group/web`; at most 256 bytes.
    public let target: String?
    /// What the task follows from: a text of at most 256 bytes, or an object.
    public let cause: JSONValue?
    /// The words that the agent must understand.
    public let needs: [String]?
    /// Who vouches for the task; `nil` only where it has no such member, for one that cannot be read is refused.
    public var auth: TaskAuthentication?

    /// The largest task that is accepted, in bytes; one that brings a configuration may be as large as can be read.
    public static let largestSize = 64 * 1024
    /// The largest payload that is parsed at all; a larger one is not even looked at.
    public static let largestReadableSize = 2 * 1024 * 1024
    /// How deep a task may nest, its own object being 1.
    public static let deepestNesting = 8
    /// Bytes of a target at most.
    public static let largestTarget = 256

    /// A task to send.
    public init(
        taskID: TaskID,
        timestamp: Timestamp,
        verb: Verb,
        expires: Timestamp? = nil,
        reply: ReplyWishes = ReplyWishes(),
        reason: String? = nil,
        from: String? = nil,
        target: String? = nil,
        cause: JSONValue? = nil,
        needs: [String]? = nil
    ) {
        self.taskID = taskID
        self.timestamp = timestamp.description
        self.time = Timestamp(rfc3339: timestamp.description)
        self.verb = verb
        self.expiresText = expires?.description
        self.expires = expires.flatMap { Timestamp(rfc3339: $0.description) }
        self.reply = reply
        (self.from, self.reason) = (from, reason)
        (self.target, self.cause, self.needs) = (target, cause, needs)
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
        needs = try members.needs()
        auth = try members.auth()
        verb = try members.verb()
        timestamp = try members.timestamp()
        time = timestamp.flatMap(Timestamp.init(rfc3339:))
        (expiresText, expires) = try members.expires()
        reply = try members.reply()
        from = try members.text("from", atMost: 128)
        reason = try members.text("reason", atMost: 256)
        target = try members.text("target", atMost: Self.largestTarget)
        cause = try members.cause()
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
        case .config(let text): object["config"] = .string(text)
        case .replace(let request): object["replace"] = request.json
        }
        object["expires"] = expiresText.map(JSONValue.string)
        object["reply"] = reply.json
        object["from"] = from.map(JSONValue.string)
        object["reason"] = reason.map(JSONValue.string)
        object["target"] = target.map(JSONValue.string)
        object["cause"] = cause
        object["needs"] = needs.map { .array($0.map(JSONValue.string)) }
        object["auth"] = auth?.json
        return .object(object)
    }
}

extension TaskMessage {
    /// The command that is asked for or asked about; `nil` for the other verbs.
    public var request: CommandRequest? {
        switch verb {
        case .command(let request), .check(let request): request
        case .cancel, .fetch, .config, .replace: nil
        }
    }

    /// The configuration that is asked for; `nil` for the other verbs.
    public var replacement: ReplaceRequest? {
        switch verb {
        case .config(let text):
            Name(ReplaceRequest.usualService).map { ReplaceRequest(service: $0, change: .text(text)) }
        case .replace(let request): request
        default: nil
        }
    }

    /// The task that a `cancel` or `fetch` is about; `nil` for the other verbs.
    public var namedTask: TaskID? {
        switch verb {
        case .cancel(let id): id
        case .fetch(let request): request.taskID
        default: nil
        }
    }

    /// The service that is asked for or asked about.
    public var service: Name? { request?.service ?? replacement?.service }

    /// The command that is asked for or asked about.
    public var command: Name? { request?.command }

    /// The parameters of the command that is asked for or asked about.
    public var parameters: [Name: JSONValue]? { request?.parameters }
}
