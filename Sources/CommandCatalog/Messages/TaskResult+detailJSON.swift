public import JSON

extension TaskResult.Detail {
    /// The version of this form.
    private static let version: Int64 = 1

    /// The members besides the four, those that are known.
    var members: [(String, JSONValue)] {
        let known: [(String, JSONValue?)] = [
            ("v", .integer(Self.version)), ("host", .string(host)), ("boot_id", .string(bootID)),
            ("state", .string(state.rawValue)), ("reason", reason.map { .string($0.rawValue) }),
            ("exit", exit.map { .integer(Int64($0)) }), ("signal", signal.map { .integer(Int64($0)) }),
            ("accepted", Self.json(accepted)), ("started", Self.json(started)), ("finished", Self.json(finished)),
            ("duration_ms", duration.map { .integer($0.wholeMilliseconds) }),
            ("stdout", stdout?.json), ("stderr", stderr?.json), ("by", by?.json),
            ("catalog", catalog.map(JSONValue.string)),
            ("replayed", .bool(isReplayed)), ("durable", .bool(isDurable)),
        ]
        return known.compactMap { name, value in value.map { (name, $0) } }
    }

    /// Reads the members of a result; `nil` when it has no detail.
    public init?(_ object: JSONObject) {
        guard let host = object["host"]?.string, let bootID = object["boot_id"]?.string,
            let state = object["state"]?.string.flatMap(TaskResult.State.init(rawValue:))
        else { return nil }
        let reason = object["reason"]?.string.flatMap(ResultReason.init(rawValue:))
        self.init(host: host, bootID: bootID, state: state, reason: reason)
        exit = object["exit"]?.integer.map { Int($0) }
        signal = object["signal"]?.integer.map { Int($0) }
        accepted = Self.time(object["accepted"])
        started = Self.time(object["started"])
        finished = Self.time(object["finished"])
        duration = object["duration_ms"]?.integer.map { .milliseconds($0) }
        stdout = TaskResult.Output(object["stdout"]?.object)
        stderr = TaskResult.Output(object["stderr"]?.object)
        by = object["by"]?.object.map(TaskResult.Origin.init)
        catalog = object["catalog"]?.string
        isReplayed = object["replayed"]?.bool ?? false
        isDurable = object["durable"]?.bool ?? true
    }

    private static func json(_ time: Timestamp?) -> JSONValue? { time.map { .string($0.textWithMilliseconds) } }

    private static func time(_ json: JSONValue?) -> Timestamp? { json?.string.flatMap(Timestamp.init(rfc3339:)) }
}

extension TaskResult.Output {
    fileprivate init?(_ object: JSONObject?) {
        guard let text = object?["text"]?.string, let bytes = object?["bytes"]?.integer,
            let kept = object?["kept"]?.integer, (0...max(bytes, 0)).contains(kept), bytes >= 0
        else { return nil }
        self.init(text: text, bytes: bytes, kept: kept, sha256: object?["sha256"]?.string)
    }

    fileprivate var json: JSONValue {
        var object: JSONObject = ["text": .string(text), "bytes": .integer(bytes), "kept": .integer(kept)]
        object["sha256"] = sha256.map(JSONValue.string)
        return .object(object)
    }
}

extension TaskResult.Origin {
    fileprivate init(_ object: JSONObject) {
        self.init(
            key: object["key"]?.string, role: object["role"]?.string, from: object["from"]?.string,
            reason: object["reason"]?.string)
    }

    fileprivate var json: JSONValue {
        var object: JSONObject = [:]
        object["key"] = key.map(JSONValue.string)
        object["role"] = role.map(JSONValue.string)
        object["from"] = from.map(JSONValue.string)
        object["reason"] = reason.map(JSONValue.string)
        return .object(object)
    }
}

extension Duration {
    /// Rounded down.
    fileprivate var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
