internal import JSON

extension TaskMembers {
    /// What is asked for.
    ///
    /// Exactly one verb: an agent that does not know the other would do the one that it knows.
    func verb() throws(TaskMessageError) -> Verb {
        let given = ["command", "config", "check", "cancel", "fetch", "replace"].filter { object[$0] != nil }
        guard given.count <= 1 else { throw malformed("expected one of \(given[0]) and \(given[1]), found both") }
        switch given.first {
        case "config", "replace": return try replacement(given[0])
        case "check": return .check(try request(in: member(object, "check"), "check"))
        case "cancel": return .cancel(try id(in: object, "cancel"))
        case "fetch": return .fetch(try fetch(member(object, "fetch")))
        default: return .command(try request(in: object, nil))
        }
    }

    /// Another configuration; as the predecessor asks for that of collectd, or as we do.
    private func replacement(_ word: String) throws(TaskMessageError) -> Verb {
        let value = object[word] ?? .null
        do throws(ReplaceRequest.Flaw) {
            return word == "config"
                ? .config(try ReplaceRequest.configuration(value, at: word)) : .replace(try ReplaceRequest(value))
        } catch {
            throw malformed(error.message)
        }
    }

    private func request(in object: JSONObject, _ place: String?) throws(TaskMessageError) -> CommandRequest {
        let service = try name("service", in: object, place)
        return CommandRequest(
            service: service, command: try name("command", in: object, place),
            parameters: try parameters(in: object, place)
        )
    }

    private func fetch(_ object: JSONObject) throws(TaskMessageError) -> OutputRequest {
        guard object["task_id"] != nil else { throw malformed("fetch: needs \"task_id\"") }
        let id = try id(in: object, "task_id", "fetch")
        var stream = OutputStream.stdout
        if let value = object["stream"] {
            guard let found = value.string.flatMap(OutputStream.init(rawValue:)) else {
                throw malformed("fetch.stream: expected \"stdout\" or \"stderr\", found \(value.summary)")
            }
            stream = found
        }
        let offset = try integer("offset", in: object, "fetch", 0...Int64.max)
        let length = try integer("length", in: object, "fetch", 1...OutputRequest.largestLength)
        return OutputRequest(
            taskID: id, stream: stream, offset: offset ?? 0, length: length ?? OutputRequest.usualLength)
    }

    private func name(
        _ member: String,
        in object: JSONObject,
        _ place: String?
    ) throws(TaskMessageError) -> Name {
        guard let value = object[member] else {
            throw malformed("\(place.map { "\($0): " } ?? "")needs \"\(member)\"")
        }
        guard let text = value.string, let name = Name(text) else {
            let path = Self.path(place, member)
            throw malformed("\(path): expected 1 to 255 bytes without control characters, found \(value.summary)")
        }
        return name
    }

    private func parameters(
        in object: JSONObject,
        _ place: String?
    ) throws(TaskMessageError) -> [Name: JSONValue]? {
        guard let value = object["parameters"] else { return nil }
        let path = Self.path(place, "parameters")
        guard let object = value.object else { throw malformed("\(path): expected an object, found \(value.summary)") }
        var parameters: [Name: JSONValue] = [:]
        for member in object.members {
            guard let name = Name(member.name) else {
                throw malformed("\(path): expected names of 1 to 255 bytes without control characters")
            }
            parameters[name] = member.value
        }
        return parameters
    }

    private func id(in object: JSONObject, _ member: String, _ place: String? = nil) throws(TaskMessageError) -> TaskID
    {
        guard let id = TaskID(object[member]) else {
            throw malformed(
                "\(Self.path(place, member)): expected a task_id (an integer of 64 bits or 1 to 128 bytes of text), "
                    + "found \(object[member]?.summary ?? "none")"
            )
        }
        return id
    }

    private func integer(
        _ member: String,
        in object: JSONObject,
        _ place: String,
        _ range: ClosedRange<Int64>
    ) throws(TaskMessageError) -> Int64? {
        guard let value = object[member] else { return nil }
        guard let number = value.integer, range.contains(number) else {
            throw malformed(
                "\(place).\(member): expected an integer from \(range.lowerBound) to \(range.upperBound), "
                    + "found \(value.summary)"
            )
        }
        return number
    }

    private func member(_ object: JSONObject, _ name: String) throws(TaskMessageError) -> JSONObject {
        guard let found = object[name]?.object else {
            throw malformed("\(name): expected an object, found \(object[name]?.summary ?? "none")")
        }
        return found
    }

    private static func path(_ place: String?, _ member: String) -> String {
        place.map { "\($0).\(member)" } ?? member
    }
}
