internal import CommandCatalog
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
            if case .command(let request) = message.verb, let outcome = agentService.outcome(of: request) {
                return (message.taskID, outcome)
            }
            let text = "The control socket has the service \"agent\" only; send other tasks through the broker"
            return (message.taskID, TaskOutcome(code: .notImplemented, message: text))
        } catch {
            return (error.taskID, TaskOutcome(code: error.code, message: error.message))
        }
    }
}
