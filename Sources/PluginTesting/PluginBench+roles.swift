internal import CommandCatalog
public import PluginKit

extension PluginBench where Instance: Reader {
    /// Reads once, and dispatches the metrics as the host does.
    @discardableResult
    public func read() async throws -> [Metric] {
        let metrics = try await plugin.read()
        dispatcher.dispatch(metrics)
        return metrics
    }
}

extension PluginBench where Instance: MessageHandler {
    /// Hands over a message if the plugin asked for its topic.
    ///
    /// - Returns: Whether it had.
    @discardableResult
    public func receive(_ message: MQTTMessage) async throws -> Bool {
        guard plugin.topics.contains(where: { $0.matches(message.topic) }) else { return false }
        try await plugin.handle(message)
        return true
    }
}

extension PluginBench where Instance: MessageAdmission {
    /// Lets the plugin decide about a message that came alone, if it admits its topic and the message is no retained one.
    ///
    /// For messages that came together, call the plugin's own `admit` and `commit`.
    ///
    /// - Parameter message: The message; one without a broker comes from `bench:1883`.
    /// - Returns: The decision, after the commit; `nil` when the plugin is not asked.
    @discardableResult
    public func admit(_ message: MQTTMessage) -> Admission? {
        guard !message.isRetained, plugin.admittedTopics.contains(where: { $0.matches(message.topic) }) else {
            return nil
        }
        let broker = message.broker ?? "bench:1883"
        let admission = plugin.admit(
            MQTTMessage(
                topic: message.topic, payload: message.payload, quality: message.quality, isRetained: false,
                broker: broker
            )
        )
        let commit = plugin.commit(from: broker)
        return admission == .left ? .left : commit
    }
}
