internal import CommandCatalog
internal import JSON

/// The service that every agent has: its commands start no process.
struct AgentService {
    let status: @Sendable () -> JSONObject
    /// All that the agent measures, in Prometheus' text form.
    let metrics: @Sendable () -> String
    /// What runs, waits and ended last, in a bounded number.
    let tasks: () -> JSONObject
    /// The whole story of the tasks with this id.
    let task: (TaskID) -> JSONObject?
    /// The versions of a service's configuration.
    let history: (Name) -> JSONObject?

    /// The answer to a task for this service; `nil` for a request of another one.
    func outcome(of request: CommandRequest) -> TaskOutcome? {
        let (service, command, parameters) = (request.service, request.command, request.parameters)
        guard service.text == CommandCatalog.reservedService else { return nil }
        if command.text == "task" { return story(parameters ?? [:]) }
        if command.text == "config-history" { return history(parameters ?? [:]) }
        guard parameters == nil else {
            return .refused(.parameters("parameters: this command takes none"))
        }
        switch command.text {
        case "ping": return TaskOutcome(code: .success, message: "pong")
        case "status": return TaskOutcome(code: .success, message: JSONValue.object(status()).text)
        case "metrics": return TaskOutcome(code: .success, message: metrics())
        case "tasks": return TaskOutcome(code: .success, message: JSONValue.object(tasks()).text)
        default: return .refused(.unknownCommand(command, service: service))
        }
    }

    private func history(_ parameters: [Name: JSONValue]) -> TaskOutcome {
        guard parameters.count == 1, let (name, value) = parameters.first, name.text == "service",
            let service = value.string.flatMap({ Name($0) })
        else { return .refused(.parameters("parameters: expected \"service\" and nothing else")) }
        guard let history = history(service) else {
            return TaskOutcome(code: .unknownTask, message: "The configuration of \(service) was not replaced here")
        }
        return TaskOutcome(code: .success, message: JSONValue.object(history).text)
    }

    private func story(_ parameters: [Name: JSONValue]) -> TaskOutcome {
        guard parameters.count == 1, let (name, value) = parameters.first, name.text == "task_id",
            let id = TaskID(value)
        else { return .refused(.parameters("parameters: expected \"task_id\" and nothing else")) }
        guard let story = task(id) else {
            return TaskOutcome(code: .unknownTask, message: "Task \(id) is not known here")
        }
        return TaskOutcome(code: .success, message: JSONValue.object(story).text)
    }
}
