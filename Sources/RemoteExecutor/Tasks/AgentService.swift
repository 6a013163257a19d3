internal import CommandCatalog
internal import JSON

/// The service that every agent has: its commands start no process.
struct AgentService {
    let status: @Sendable () -> JSONObject

    /// The answer to a task for this service; `nil` for a task of another one.
    func outcome(of message: CommandRequest) -> TaskOutcome? {
        guard message.service.text == CommandCatalog.reservedService else { return nil }
        guard message.parameters == nil else {
            return .refused(.parameters("parameters: this command takes none"))
        }
        switch message.command.text {
        case "ping": return TaskOutcome(code: .success, message: "pong")
        case "status": return TaskOutcome(code: .success, message: JSONValue.object(status()).text)
        default: return .refused(.unknownCommand(message.command, service: message.service))
        }
    }
}
