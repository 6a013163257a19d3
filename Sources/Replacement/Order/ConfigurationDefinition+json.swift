import CommandCatalog
import JSON

/// The form in which a definition is handed to the replacer, and kept until what was begun is over.
extension ConfigurationDefinition {
    var json: JSONValue {
        var object: JSONObject = [
            "places": .array(places.map { ["name": .string($0.name), "path": .string($0.path)] }),
            "taking": .object(taking.json), "start_time": startTime.json, "settle": settleTime.json,
        ]
        object["check"] = check?.json
        object["running"] = running?.json
        object["confirm"] = confirmTime?.json
        object["owner"] = owner.map(JSONValue.string)
        object["group"] = group.map(JSONValue.string)
        object["mode"] = mode.map { .integer(Int64($0)) }
        return .object(object)
    }

    init?(json: JSONValue) {
        guard let object = json.object, let list = object["places"]?.array,
            let taking = object["taking"]?.object.flatMap(Taking.init)
        else { return nil }
        let places = list.compactMap { Place(json: $0) }
        guard places.count == list.count, !places.isEmpty else { return nil }
        self.init(places: places, taking: taking)
        startTime = Duration(json: object["start_time"]) ?? startTime
        settleTime = Duration(json: object["settle"]) ?? settleTime
        confirmTime = Duration(json: object["confirm"])
        check = object["check"].flatMap(Action.init(json:))
        running = object["running"].flatMap(Action.init(json:))
        owner = object["owner"]?.string
        group = object["group"]?.string
        mode = object["mode"]?.integer.flatMap { UInt32(exactly: $0) }
    }
}

extension ConfigurationDefinition.Place {
    fileprivate init?(json: JSONValue) {
        guard let name = json.object?["name"]?.string, let path = json.object?["path"]?.string else { return nil }
        self.init(name: name, path: path)
    }
}

extension ConfigurationDefinition.Action {
    fileprivate var json: JSONValue {
        var object: JSONObject = ["timeout": timeout.json]
        switch invocation {
        case .program(let words): object["program"] = .array(words.map(JSONValue.string))
        case .shell(let line), .plain(_, let line): object["line"] = .string(line)
        }
        return .object(object)
    }

    fileprivate init?(json: JSONValue) {
        guard let object = json.object, let timeout = Duration(json: object["timeout"]) else { return nil }
        if let line = object["line"]?.string {
            self.init(.shell(line), timeout: timeout)
        } else {
            let words = object["program"]?.array?.compactMap(\.string) ?? []
            guard !words.isEmpty else { return nil }
            self.init(.program(words), timeout: timeout)
        }
    }
}

extension ConfigurationDefinition.Taking {
    fileprivate var json: JSONObject {
        switch self {
        case .none: return ["kind": "none"]
        case .agent: return ["kind": "agent"]
        case .reload(let action): return ["kind": "reload", "action": action.json]
        case .restart(let action): return ["kind": "restart", "action": action.json]
        case .stopAndStart(let stop, let start):
            return ["kind": "stop-start", "stop": stop.json, "start": start.json]
        case .collectd(let paths):
            var object: JSONObject = [
                "kind": "collectd", "program": .string(paths.program), "pid_file": .string(paths.pidFile),
            ]
            object["stop"] = paths.stop?.json
            object["start"] = paths.start?.json
            return object
        }
    }

    fileprivate init?(_ object: JSONObject) {
        let action = { (key: String) in object[key].flatMap(ConfigurationDefinition.Action.init(json:)) }
        switch (object["kind"]?.string, action("action"), action("stop"), action("start")) {
        case ("none", _, _, _): self = .none
        case ("agent", _, _, _): self = .agent
        case ("reload", let action?, _, _): self = .reload(action)
        case ("restart", let action?, _, _): self = .restart(action)
        case ("stop-start", _, let stop?, let start?): self = .stopAndStart(stop: stop, start: start)
        case ("collectd", _, let stop, let start):
            guard let program = object["program"]?.string, let pidFile = object["pid_file"]?.string else { return nil }
            self = .collectd(
                ConfigurationDefinition.CollectdPaths(program: program, pidFile: pidFile, stop: stop, start: start))
        default: return nil
        }
    }
}

extension Duration {
    /// Whole milliseconds.
    var json: JSONValue { .integer(milliseconds) }

    init?(json: JSONValue?) {
        guard let milliseconds = json?.integer else { return nil }
        self = .milliseconds(milliseconds)
    }

    /// Rounded down.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
