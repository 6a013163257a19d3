import PluginKit
import Testing

@testable import CommandCatalog
@testable import RemoteExecutor

/// Tasks to try the table with.
enum TaskSample {
    /// A task with this identity and lock.
    static func task(_ id: Int64, lock: String? = nil, reason: String? = nil) throws -> AcceptedTask {
        let name = try #require(Name("s"))
        var settings = CommandSettings()
        settings.lock = try lock.map { try #require(Name($0)) }
        let message = TaskMessage(
            taskID: .integer(id),
            timestamp: Timestamp(seconds: 1),
            service: name,
            command: name,
            reason: reason
        )
        return AcceptedTask(
            message: message,
            command: Command(service: name, name: name, invocation: .program(["/bin/true"]), settings: settings),
            pair: try pair(),
            accepted: Timestamp(seconds: 2)
        )
    }

    /// A message as it came.
    static func message(_ text: String) throws -> TaskMessage {
        try TaskMessage(Array(text.utf8))
    }

    private static func pair() throws -> TopicPair {
        let report = ConfigurationText("{\"Root\": \"\", \"CommandTopic\": \"c\"}")
        return try #require(report.configuration?.pairs.first)
    }
}
