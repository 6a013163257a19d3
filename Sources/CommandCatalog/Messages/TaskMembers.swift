internal import JSON

/// The members of a task's object, read one by one; every mistake knows whom to answer.
struct TaskMembers {
    let taskID: TaskID
    let object: JSONObject

    /// The verbs of later versions: none of them may stand beside `command`, because an agent that does not know them
    /// would run the command instead.
    private static let otherVerbs = ["config", "check", "cancel", "fetch"]

    /// The words that `needs` may hold.
    private static let understood = ["parameters"]

    init(_ payload: [UInt8]) throws(TaskMessageError) {
        guard payload.count <= TaskMessage.largestReadableSize else {
            throw Self.unreadable("\(payload.count) bytes are too many to look at")
        }
        let text = try Self.parse(payload)
        guard case .object(let object) = text.value else {
            throw Self.unreadable("expected an object, found \(text.value.summary)")
        }
        guard let taskID = TaskID(object["task_id"]) else {
            throw Self.unreadable(
                "expected a task_id (an integer of 64 bits or 1 to 128 bytes of text), "
                    + "found \(object["task_id"]?.summary ?? "none")"
            )
        }
        self.taskID = taskID
        self.object = object
        try checkSize(payload.count, depth: text.value.depth)
    }

    /// Refuses a task that needs a word which this agent does not understand.
    func checkNeeds() throws(TaskMessageError) {
        guard let needs = object["needs"] else { return }
        guard let words = needs.array?.map(\.string), !words.contains(nil) else {
            throw malformed("needs: expected an array of words, found \(needs.summary)")
        }
        for case let word? in words where !Self.understood.contains(word) {
            throw TaskMessageError(taskID: taskID, code: .notImplemented, message: "Not implemented: \(word)")
        }
    }

    /// Refuses a task that asks for something other than a command.
    func checkVerb() throws(TaskMessageError) {
        guard let verb = Self.otherVerbs.first(where: { object[$0] != nil }) else { return }
        guard object["command"] == nil else {
            throw malformed("expected one of command and \(verb), found both")
        }
        throw TaskMessageError(taskID: taskID, code: .notImplemented, message: "Not implemented: \(verb)")
    }

    func name(_ member: String) throws(TaskMessageError) -> Name {
        guard let value = object[member] else { throw malformed("needs \"\(member)\"") }
        guard let text = value.string, let name = Name(text) else {
            throw malformed("\(member): expected 1 to 255 bytes without control characters, found \(value.summary)")
        }
        return name
    }

    func text(_ member: String, atMost limit: Int) throws(TaskMessageError) -> String? {
        guard let value = object[member] else { return nil }
        guard let text = value.string, text.utf8.count <= limit else {
            throw malformed("\(member): expected a string of at most \(limit) bytes")
        }
        return text
    }

    func parameters() throws(TaskMessageError) -> [Name: JSONValue]? {
        guard let value = object["parameters"] else { return nil }
        guard let object = value.object else {
            throw malformed("parameters: expected an object, found \(value.summary)")
        }
        var parameters: [Name: JSONValue] = [:]
        for member in object.members {
            guard let name = Name(member.name) else {
                throw malformed("parameters: expected names of 1 to 255 bytes without control characters")
            }
            parameters[name] = member.value
        }
        return parameters
    }

    private func checkSize(_ size: Int, depth: Int) throws(TaskMessageError) {
        guard size <= TaskMessage.largestSize else {
            throw malformed("expected at most \(TaskMessage.largestSize) bytes, found \(size)")
        }
        guard depth <= TaskMessage.deepestNesting else {
            throw malformed("expected at most \(TaskMessage.deepestNesting) levels of nesting, found \(depth)")
        }
    }

    private func malformed(_ message: String) -> TaskMessageError {
        TaskMessageError(taskID: taskID, code: .malformed, message: "Malformed task: \(message)")
    }

    private static func unreadable(_ message: String) -> TaskMessageError {
        TaskMessageError(taskID: nil, code: .malformed, message: message)
    }

    private static func parse(_ payload: [UInt8]) throws(TaskMessageError) -> JSONText {
        do throws(JSONError) {
            // Deeper than a task may be, so that even a task that nests too deep is answered; 2,048 is jansson's limit.
            return try JSONText(payload, maximumDepth: 2048)
        } catch {
            throw TaskMessageError(error)
        }
    }
}
