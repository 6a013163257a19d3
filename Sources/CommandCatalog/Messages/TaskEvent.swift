public import JSON

/// Something that happens to a task before its result, for whoever listens on the event topic.
public struct TaskEvent: Sendable, Equatable {
    /// What happened.
    public enum Kind: Sendable, Equatable {
        /// The task is taken; it will be answered whatever happens.
        case accepted
        /// Its command runs.
        case started
        /// Its command printed something.
        case output(Chunk)
        /// The task is not taken.
        case refused(ResultCode)
        /// The task ended; its result says how.
        case finished(ResultCode)
    }

    /// A piece of the output.
    public struct Chunk: Sendable, Equatable {
        /// On which stream.
        public let stream: OutputStream
        /// How many bytes of the stream came before.
        public let offset: Int64
        /// How many bytes of the stream this is; the text is longer or shorter where they are not UTF-8.
        public let bytes: Int64
        /// The piece; what is not UTF-8 is U+FFFD in it.
        public let text: String

        /// A piece.
        public init(stream: OutputStream, offset: Int64, bytes: Int64, text: String) {
            (self.stream, self.offset, self.bytes, self.text) = (stream, offset, bytes, text)
        }
    }

    /// The task.
    public let taskID: TaskID
    /// The agent's host.
    public let host: String
    /// Counts the events of the task from 0; a gap means that some were lost.
    public let sequence: Int64
    /// When it happened.
    public let time: Timestamp
    /// What happened.
    public let kind: Kind

    /// An event.
    public init(taskID: TaskID, host: String, sequence: Int64, time: Timestamp, kind: Kind) {
        self.taskID = taskID
        self.host = host
        self.sequence = sequence
        self.time = time
        self.kind = kind
    }

    /// Reads an event; `nil` when it is none, or of a kind that is not known.
    public init?(json: JSONValue) {
        guard let object = json.object, let taskID = TaskID(object["task_id"]), let host = object["host"]?.string,
            let sequence = object["seq"]?.integer,
            let time = object["time"]?.string.flatMap(Timestamp.init(rfc3339:)), let kind = Kind(object)
        else { return nil }
        self.init(taskID: taskID, host: host, sequence: sequence, time: time, kind: kind)
    }

    /// The wire form.
    public var json: JSONValue {
        let common: [(String, JSONValue)] = [
            ("v", 1), ("task_id", taskID.json), ("host", .string(host)), ("seq", .integer(sequence)),
            ("time", .string(time.textWithMilliseconds)), ("kind", .string(kind.word)),
        ]
        return .object(JSONObject(common + kind.members))
    }
}

extension TaskEvent.Kind {
    /// The member `kind`.
    public var word: String {
        switch self {
        case .accepted: "accepted"
        case .started: "started"
        case .output: "output"
        case .refused: "refused"
        case .finished: "finished"
        }
    }

    fileprivate init?(_ object: JSONObject) {
        let code = object["code"]?.integer.map { ResultCode(rawValue: Int($0)) }
        switch (object["kind"]?.string, code) {
        case ("accepted", _): self = .accepted
        case ("started", _): self = .started
        case ("output", _):
            guard let chunk = TaskEvent.Chunk(object) else { return nil }
            self = .output(chunk)
        case ("refused", let code?): self = .refused(code)
        case ("finished", let code?): self = .finished(code)
        default: return nil
        }
    }

    fileprivate var members: [(String, JSONValue)] {
        switch self {
        case .accepted, .started: []
        case .output(let chunk):
            [
                ("stream", .string(chunk.stream.rawValue)), ("offset", .integer(chunk.offset)),
                ("bytes", .integer(chunk.bytes)), ("text", .string(chunk.text)),
            ]
        case .refused(let code), .finished(let code): [("code", .integer(Int64(code.rawValue)))]
        }
    }
}

extension TaskEvent.Chunk {
    fileprivate init?(_ object: JSONObject) {
        guard let stream = object["stream"]?.string.flatMap(OutputStream.init(rawValue:)),
            let offset = object["offset"]?.integer, offset >= 0, let text = object["text"]?.string
        else { return nil }
        let bytes = object["bytes"]?.integer ?? Int64(text.utf8.count)
        guard bytes >= 0, !offset.addingReportingOverflow(bytes).overflow else { return nil }
        self.init(stream: stream, offset: offset, bytes: bytes, text: text)
    }
}
