import CommandCatalog
import JSON
import MQTT

/// The answer to our task, as far as it can be read: older agents leave out what newer ones always send.
struct Answer: Equatable, Sendable {
    /// `nil` when the result has none, or one that is no integer.
    let code: ResultCode?
    /// What the command printed, or why it did not run.
    let message: String
    /// When the result came to be, as the agent wrote it.
    let timestamp: String?
    /// The task that it answers; `nil` where that needs no word.
    var taskID: TaskID?
    /// What a result of ours has besides, for one who asked for it.
    var detail: TaskResult.Detail?
    /// The same as it came.
    var detailMembers: JSONObject?
    /// Whether the host that was asked has signed it, as far as its key is known.
    var isSigned = false

    init(code: ResultCode?, message: String, timestamp: String? = nil) {
        self.code = code
        self.message = message
        self.timestamp = timestamp
    }

    /// Reads a message from the result topic; `nil` for everything that is not the answer to this task: an answer to
    /// another one, garbage, or an old result that the broker kept.
    init?(_ message: ReceivedMessage, to taskID: TaskID) {
        guard !message.isRetained, let object = Self.object(message.payload),
            TaskID(object["task_id"]) == taskID
        else { return nil }
        self.taskID = taskID
        code = Self.code(object["code"])
        self.message = Self.text(object["message"])
        timestamp = object["timestamp"]?.string
        detail = TaskResult.Detail(object)
        if detail != nil {
            detailMembers = JSONObject(
                object.members.filter { !Self.plainMembers.contains($0.name) }.map { ($0.name, $0.value) })
        }
    }

    private static let plainMembers = ["task_id", "timestamp", "message", "code"]

    /// The predecessor puts what a command printed into its result as it is, whether UTF-8 or not.
    private static func object(_ payload: [UInt8]) -> JSONObject? {
        let bytes =
            String(validating: payload, as: UTF8.self) == nil
            ? Array(String(decoding: payload, as: UTF8.self).utf8) : payload
        // What a command printed may hold NUL.
        return (try? JSONText(bytes, allowsNUL: true))?.value.object
    }

    private static func code(_ json: JSONValue?) -> ResultCode? {
        switch json {
        case .integer(let number): Int(exactly: number).map(ResultCode.init)
        // Some Lua versions write a whole number as 1.0.
        case .real(let number): Int(exactly: number).map(ResultCode.init)
        default: nil
        }
    }

    private static func text(_ json: JSONValue?) -> String {
        switch json {
        case nil, .null: ""
        case .string(let text): text
        case let other?: other.text
        }
    }
}
