public import JSON

/// What a task asks for: exactly one of these.
public enum Verb: Sendable, Equatable {
    /// Run a command.
    case command(CommandRequest)
    /// Say what would be run, and run nothing.
    case check(CommandRequest)
    /// End the task of this identity, or take it from the queue.
    case cancel(TaskID)
    /// Give a piece of what a command printed.
    case fetch(OutputRequest)
    /// Replace the configuration of collectd by this text, as the predecessor says it.
    case config(String)
    /// Replace a configuration.
    case replace(ReplaceRequest)

    /// The member of the message: `command`, `check`, `cancel`, `fetch`, `config` or `replace`.
    public var word: String {
        switch self {
        case .command: "command"
        case .check: "check"
        case .cancel: "cancel"
        case .fetch: "fetch"
        case .config: "config"
        case .replace: "replace"
        }
    }
}

/// A command of a service, with its parameters.
public struct CommandRequest: Sendable, Equatable {
    /// The service that is asked for.
    public let service: Name
    /// The command that is asked for.
    public let command: Name
    /// The parameters by name; `nil` when the task has no such member.
    public let parameters: [Name: JSONValue]?

    /// A request.
    public init(service: Name, command: Name, parameters: [Name: JSONValue]? = nil) {
        self.service = service
        self.command = command
        self.parameters = parameters
    }

    /// The members of the wire form.
    var members: [(String, JSONValue?)] {
        let values = parameters?.sorted { $0.key < $1.key }.map { ($0.key.text, $0.value) }
        return [
            ("service", .string(service.text)), ("command", .string(command.text)),
            ("parameters", values.map { .object(JSONObject($0)) }),
        ]
    }
}

/// The streams on which a command prints.
public enum OutputStream: String, Sendable, CaseIterable {
    /// Standard output.
    case stdout
    /// Standard error.
    case stderr
}

/// A piece of what a command printed: so many bytes of a stream, counted from where it began.
public struct OutputRequest: Sendable, Equatable {
    /// The task that ran the command.
    public let taskID: TaskID
    /// Which stream.
    public let stream: OutputStream
    /// The first byte.
    public let offset: Int64
    /// How many bytes at most; the answer may bring less.
    public let length: Int64

    /// How many bytes are given where the task says nothing.
    public static let usualLength: Int64 = 65_536
    /// How many bytes may be asked for at once: an answer has to pass every broker.
    public static let largestLength: Int64 = 262_144

    /// A request; a length outside 1…``largestLength`` is brought into it, and a negative offset is 0.
    public init(taskID: TaskID, stream: OutputStream = .stdout, offset: Int64 = 0, length: Int64 = usualLength) {
        self.taskID = taskID
        self.stream = stream
        self.offset = max(0, offset)
        self.length = min(max(1, length), Self.largestLength)
    }

    /// The wire form.
    var json: JSONValue {
        [
            "task_id": taskID.json, "stream": .string(stream.rawValue), "offset": .integer(offset),
            "length": .integer(length),
        ]
    }
}
