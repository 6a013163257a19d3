import JSON
import PluginKit
import Testing

@testable import CommandCatalog
@testable import RemoteExecutor

/// Tasks to try the table with.
enum TaskSample {
    /// A task with this identity and lock.
    static func task(
        _ id: Int64, lock: String? = nil, timestamp: Int64 = 1, keeping: AcceptedTask.Keeping = .journal
    ) throws -> AcceptedTask {
        let name = try #require(Name("s"))
        var settings = CommandSettings()
        settings.lock = try lock.map { try #require(Name($0)) }
        let message = TaskMessage(
            taskID: .integer(id), timestamp: Timestamp(seconds: timestamp), service: name, command: name)
        return AcceptedTask(
            message: message,
            payload: message.json.bytes,
            digest: message.digest,
            command: Command(service: name, name: name, invocation: .program(["/bin/true"]), settings: settings),
            origins: [try origin()],
            accepted: Timestamp(seconds: 2),
            keeping: keeping
        )
    }

    /// A message as it came.
    static func message(_ text: String) throws -> TaskMessage {
        try TaskMessage(Array(text.utf8))
    }

    /// Where tasks come from.
    static func origin(_ broker: String = "b") throws -> Origin {
        Origin(pair: try #require(pair), broker: broker)
    }

    /// Read once: the models ask for it a million times.
    private static let pair = ConfigurationText("{\"Root\": \"\", \"CommandTopic\": \"c\"}").configuration?.pairs.first
}
