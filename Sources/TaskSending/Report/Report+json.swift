import CommandCatalog
import JSON

extension Report {
    /// The one object of `--json`.
    ///
    /// All members are always there, `null` where there is nothing to say.
    static func json(_ ending: Ending, taskID: TaskID?, expires: Timestamp? = nil) -> String {
        var object: JSONObject = [
            "task_id": taskID?.json ?? .null, "code": .null, "message": .null, "timestamp": .null,
            "outcome": .string(ending.outcome), "reason": ending.reason.map(JSONValue.string) ?? .null,
            "verdict": .string(ending.verdict), "expires": expires.map { .string($0.description) } ?? .null,
            "detail": .null,
        ]
        if case .answered(let answer) = ending {
            object["code"] = answer.code.map { .integer(Int64($0.rawValue)) } ?? .null
            object["message"] = .string(answer.message)
            object["timestamp"] = answer.timestamp.map(JSONValue.string) ?? .null
            object["detail"] = answer.detailMembers.map(JSONValue.object) ?? .null
        }
        return JSONValue.object(object).text
    }
}
