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
    /// Lets the plugin decide about a message, if it admits its topic and the message is not a retained one.
    ///
    /// - Returns: The decision; `nil` when the plugin is not asked.
    @discardableResult
    public func admit(_ message: MQTTMessage) -> Admission? {
        guard !message.isRetained, plugin.admittedTopics.contains(where: { $0.matches(message.topic) }) else {
            return nil
        }
        return plugin.admit(message)
    }
}
