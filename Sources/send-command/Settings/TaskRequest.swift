import CommandCatalog
import JSON
import ProgramOptions

/// What the user asks for: a command of a service, with its parameters.
struct TaskRequest: Equatable, Sendable {
    let service: Name
    let command: Name
    /// `nil` when there are none: an agent refuses parameters for a command that declares none.
    let parameters: [Name: JSONValue]?

    /// Reads the arguments.
    ///
    /// - Parameters:
    ///   - service: Name of the service.
    ///   - command: Name of the command.
    ///   - assignments: Parameters as `name=value`.
    /// - Throws: What is none of these, and what was expected.
    init(service: String, command: String, assignments: [String] = []) throws(UsageError) {
        self.service = try Self.name(service, of: "the service")
        self.command = try Self.name(command, of: "the command")
        var parameters: [Name: JSONValue] = [:]
        for assignment in assignments {
            guard let mark = assignment.firstIndex(of: "=") else {
                throw UsageError("expected a parameter as name=value, found \(assignment.debugDescription)")
            }
            let name = try Self.name(String(assignment[..<mark]), of: "a parameter")
            let value = JSONValue.string(String(assignment[assignment.index(after: mark)...]))
            guard parameters.updateValue(value, forKey: name) == nil else {
                throw UsageError("the parameter \(name.text.debugDescription) is given twice")
            }
        }
        self.parameters = parameters.isEmpty ? nil : parameters
    }

    /// The task for the wire.
    ///
    /// - Throws: It is larger than an agent takes.
    func task(id: TaskID, at time: Timestamp, reason: String?, from: String) throws(UsageError) -> TaskMessage {
        let task = TaskMessage(
            taskID: id, timestamp: time, service: service, command: command, parameters: parameters, reason: reason,
            from: from
        )
        guard task.json.bytes.count <= TaskMessage.largestSize else {
            throw UsageError(
                "the parameters are too long: an agent takes tasks of at most \(TaskMessage.largestSize) bytes")
        }
        return task
    }

    private static func name(_ text: String, of what: String) throws(UsageError) -> Name {
        guard let name = Name(text) else {
            throw UsageError("expected 1 to 255 bytes without control characters as the name of \(what)")
        }
        return name
    }
}
