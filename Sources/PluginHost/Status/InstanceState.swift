import JSON

/// How an instance is doing, in one word.
enum InstanceState: String, Sendable {
    case running
    /// A call takes longer than it may.
    case hanging
    /// `run()` ended early and waits for its next start.
    case restarting
    /// The last call threw.
    case failing
    /// It could not be made.
    case failed
}

extension PluginInstance {
    var state: InstanceState {
        let values = record.values
        if values.isHanging { return .hanging }
        if values.isRestarting { return .restarting }
        return values.lastError == nil ? .running : .failing
    }

    /// What the status says about the instance.
    var status: JSONObject {
        let (values, counters) = (record.values, mailbox.counters)
        var status: JSONObject = [
            "state": .string(state.rawValue), "waiting": .integer(Int64(counters.waiting)),
            "dropped": .integer(Int64(counters.lost)), "failures": .integer(Int64(values.failures)),
        ]
        if values.restarts > 0 { status["restarts"] = .integer(Int64(values.restarts)) }
        if values.hangs > 0 { status["hangs"] = .integer(Int64(values.hangs)) }
        // Enough to recognise the trouble; the log has the whole text.
        if let error = values.lastError { status["error"] = .string(String(error.prefix(200))) }
        return status
    }
}
