internal import JSON

/// Why a payload is no task.
public struct TaskMessageError: Error, Equatable {
    /// The task to answer; `nil` when there is no readable `task_id`, and so nobody to answer.
    public let taskID: TaskID?
    /// The code of the answer.
    public let code: ResultCode
    private let detail: Detail

    /// A flood of garbage is counted, not described: the text is made when somebody reads it.
    private enum Detail {
        case text(String)
        case syntax(JSONError)
    }

    init(taskID: TaskID?, code: ResultCode, message: String) {
        (self.taskID, self.code, detail) = (taskID, code, .text(message))
    }

    init(_ syntax: JSONError) {
        (taskID, code, detail) = (nil, .malformed, .syntax(syntax))
    }

    /// What was wanted and what was found.
    public var message: String {
        switch detail {
        case .text(let text): text
        case .syntax(let error): "no valid JSON: \(error)"
        }
    }

    /// Whether both say the same to the same.
    public static func == (left: TaskMessageError, right: TaskMessageError) -> Bool {
        left.taskID == right.taskID && left.code == right.code && left.message == right.message
    }
}
