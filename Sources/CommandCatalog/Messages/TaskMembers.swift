internal import JSON

/// The members of a task's object, read one by one; every mistake knows whom to answer.
struct TaskMembers {
    let taskID: TaskID
    let object: JSONObject

    /// The words that `needs` may hold.
    private static let understood = [
        "parameters", "expires", "reply", "check", "cancel", "fetch", "target", "auth", "config", "replace",
    ]

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

    /// The words of `needs`.
    ///
    /// - Throws: It is no array of words, or one of them is not understood here.
    func needs() throws(TaskMessageError) -> [String]? {
        guard let needs = object["needs"] else { return nil }
        guard let array = needs.array else {
            throw malformed("needs: expected an array of words, found \(needs.summary)")
        }
        var words: [String] = []
        for element in array {
            guard let word = element.string else {
                throw malformed("needs: expected an array of words, found \(needs.summary)")
            }
            guard Self.understood.contains(word) else {
                throw TaskMessageError(taskID: taskID, code: .notImplemented, message: "Not implemented: \(word)")
            }
            words.append(word)
        }
        return words
    }

    /// Who vouches for the task.
    ///
    /// - Throws: There is such a member, and it cannot be read: never is that a task without one.
    func auth() throws(TaskMessageError) -> TaskAuthentication? {
        guard let value = object["auth"] else { return nil }
        do throws(TaskAuthentication.Flaw) {
            return try TaskAuthentication(value)
        } catch {
            throw TaskMessageError(taskID: taskID, code: .notAuthentic, message: "Not authentic: \(error.message)")
        }
    }

    /// What the task follows from.
    func cause() throws(TaskMessageError) -> JSONValue? {
        switch object["cause"] {
        case .none: return nil
        case .object(let object)?: return .object(object)
        case .string(let text)? where text.utf8.count <= 256: return .string(text)
        default: throw malformed("cause: expected an object, or a string of at most 256 bytes")
        }
    }

    /// When the task was made, as the sender wrote it.
    func timestamp() throws(TaskMessageError) -> String? {
        guard let value = object["timestamp"] else { return nil }
        guard let text = value.string else {
            throw malformed("timestamp: expected a string, found \(value.summary)")
        }
        return text
    }

    /// From when on the task may not start any more: as the sender wrote it, and as a time.
    func expires() throws(TaskMessageError) -> (text: String?, time: Timestamp?) {
        guard let value = object["expires"] else { return (nil, nil) }
        guard let text = value.string, let time = Timestamp(rfc3339: text) else {
            throw malformed("expires: expected a time such as \"2020-11-26T00:41:19Z\", found \(value.summary)")
        }
        return (text, time)
    }

    /// What the sender wants to be told besides the plain answer.
    func reply() throws(TaskMessageError) -> ReplyWishes {
        guard let value = object["reply"] else { return ReplyWishes() }
        guard let wishes = value.object else { throw malformed("reply: expected an object, found \(value.summary)") }
        func wish(_ name: String) throws(TaskMessageError) -> Bool {
            guard let value = wishes[name] else { return false }
            guard let flag = value.bool else {
                throw malformed("reply.\(name): expected true or false, found \(value.summary)")
            }
            return flag
        }
        return ReplyWishes(detail: try wish("detail"), follow: try wish("follow"), events: try wish("events"))
    }

    func text(_ member: String, atMost limit: Int) throws(TaskMessageError) -> String? {
        guard let value = object[member] else { return nil }
        guard let text = value.string, text.utf8.count <= limit else {
            throw malformed("\(member): expected a string of at most \(limit) bytes")
        }
        return text
    }

    private func checkSize(_ size: Int, depth: Int) throws(TaskMessageError) {
        let bringsFiles = object["config"] != nil || object["replace"] != nil
        guard size <= TaskMessage.largestSize || bringsFiles else {
            throw malformed("expected at most \(TaskMessage.largestSize) bytes, found \(size)")
        }
        guard depth <= TaskMessage.deepestNesting else {
            throw malformed("expected at most \(TaskMessage.deepestNesting) levels of nesting, found \(depth)")
        }
    }

    func malformed(_ message: String) -> TaskMessageError {
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
