internal import CommandCatalog
internal import Glibc
internal import JSON
internal import PluginKit
internal import Synchronization

/// Questions from this host, past the brokers.
extension TaskDesk {
    /// The answer to a task that came by the control socket: only the service `agent` is there.
    ///
    /// What runs a command has one way in, through a broker, where the operator decides who may.
    func controlAnswer(to payload: [UInt8]) -> [UInt8] {
        let (id, outcome) = controlOutcome(of: payload)
        state.withLock { $0.counters.count(outcome.code) }
        var result: JSONObject = ["task_id": id?.json ?? .null]
        result["timestamp"] = .string(context.clock.now.description)
        result["message"] = .string(outcome.message)
        result["code"] = .integer(Int64(outcome.code.rawValue))
        return JSONValue.object(result).bytes
    }

    private func controlOutcome(of payload: [UInt8]) -> (TaskID?, TaskOutcome) {
        do throws(TaskMessageError) {
            let message = try TaskMessage(payload)
            if case .command(let request) = message.verb,
                let outcome = localOutcome(of: request) ?? agentService.outcome(of: request)
            {
                return (message.taskID, outcome)
            }
            let text = "The control socket has the service \"agent\" only; send other tasks through the broker"
            return (message.taskID, TaskOutcome(code: .notImplemented, message: text))
        } catch {
            return (error.taskID, TaskOutcome(code: error.code, message: error.message))
        }
    }

    /// What only this host may ask of the service `agent`: a replacement does, to see how the agent does with another
    /// configuration.
    private func localOutcome(of request: CommandRequest) -> TaskOutcome? {
        guard request.service.text == CommandCatalog.reservedService, request.parameters == nil else { return nil }
        switch request.command.text {
        case "reload":
            // What is told is what was before: then whoever sees more of it knows that it was read.
            let reading = reading
            context.agent.reload()
            return TaskOutcome(code: .success, message: JSONValue.object(reading).text)
        case "configuration": return TaskOutcome(code: .success, message: JSONValue.object(reading).text)
        case "reconnect":
            let connections = connections
            context.mqtt.reconnect()
            return TaskOutcome(code: .success, message: JSONValue.object(connections).text)
        case "connections": return TaskOutcome(code: .success, message: JSONValue.object(connections).text)
        default: return nil
        }
    }

    /// How the configuration was read, and by which agent: another one begins to count anew.
    private var reading: JSONObject {
        let reading = context.agent.reading
        var object: JSONObject = ["agent": .string(name), "reads": .integer(Int64(reading.count))]
        object["error"] = reading.error.map(JSONValue.string)
        return object
    }

    private var connections: JSONObject {
        let connections = context.mqtt.connections
        return [
            "agent": .string(name), "count": .integer(Int64(connections.count)),
            "connected": .bool(connections.isConnected),
        ]
    }

    private var name: String { "\(getpid())@\(context.host.since.nanoseconds)" }
}
