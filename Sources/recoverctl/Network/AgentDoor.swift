import CommandCatalog
import Glibc
import JSON
import MQTT

/// The way to one agent: both ways lead to the same service.
enum AgentDoor {
    case local(directory: String)
    case remote(HostIdentity, BrokerSettings)

    /// Asks the service `agent`.
    ///
    /// - Returns: The code and the text of the answer.
    /// - Throws: Why there is none.
    func ask(_ command: String, _ parameters: [String: JSONValue] = [:]) throws(Failure) -> Reply {
        let task = AgentTask(command, parameters)
        switch self {
        case .local(let directory): return try ControlClient(directory: directory).ask(task)
        case .remote(let host, let settings): return try Self.ask(task, host, settings)
        }
    }

    private static func ask(
        _ task: AgentTask, _ host: HostIdentity, _ settings: BrokerSettings
    ) throws(Failure) -> Reply {
        let topics = try HostTopics.under(settings.root, host)
        let session = try BrokerSession(settings, hearing: [MQTTSubscription(topics.result.description)])
        defer { session.leave() }
        let payload = task.payload(validFor: settings.timeout)
        session.publish(OutgoingMessage(topic: topics.command.description, payload: payload))
        while case let events = try session.next(), !events.isEmpty {
            for event in events {
                switch event {
                case .message(let message):
                    if let reply = Reply(message, to: task.id) { return reply }
                case .published(_, .acknowledged(.noMatchingSubscribers)):
                    throw Failure(.noAnswer, "\(host) does not answer: no agent is subscribed to \(topics.command)")
                case .published(_, .acknowledged(let reason)) where reason.isFailure:
                    throw Failure(.refused, "the broker does not let us publish to \(topics.command): \(reason)")
                case .published(_, .refused(let error)):
                    throw Failure(.refused, "the question cannot be sent: \(error)")
                default: break
                }
            }
        }
        throw Failure(.noAnswer, "\(host) did not answer within \(settings.timeout.text)")
    }
}

extension HostTopics {
    /// The topics of a host.
    ///
    /// - Throws: The root is none.
    static func under(_ root: String, _ host: HostIdentity) throws(Failure) -> HostTopics {
        guard let topics = HostTopics(root: root, host: host) else {
            throw Failure(.usage, "--root: expected the first level or levels of a topic")
        }
        return topics
    }
}

/// A task for the service `agent`.
struct AgentTask: Sendable {
    let id: TaskID
    private let command: String
    private let parameters: [String: JSONValue]

    init(_ command: String, _ parameters: [String: JSONValue] = [:]) {
        var generator = SystemRandomNumberGenerator()
        id = .random(using: &generator)
        (self.command, self.parameters) = (command, parameters)
    }

    /// The wire form.
    ///
    /// - Parameter duration: An agent that finds it later leaves it; at least a minute, because clocks differ.
    /// - Returns: The payload.
    func payload(validFor duration: Duration) -> [UInt8] {
        let now = Timestamp.now
        var object: JSONObject = ["task_id": id.json, "timestamp": .string(now.description)]
        object["service"] = .string(CommandCatalog.reservedService)
        object["command"] = .string(command)
        if !parameters.isEmpty {
            object["parameters"] = .object(JSONObject(parameters.map { ($0.key, $0.value) }))
        }
        object["expires"] = .string((now + max(duration, .seconds(60))).description)
        return JSONValue.object(object).bytes
    }
}

/// What an agent answered.
struct Reply: Sendable {
    let code: ResultCode
    let message: String

    /// Reads a result; `nil` for everything that is not the answer to this task.
    init?(_ payload: [UInt8], to id: TaskID) {
        guard let object = (try? JSONText(payload, allowsNUL: true))?.value.object, TaskID(object["task_id"]) == id,
            let code = object["code"]?.integer
        else { return nil }
        self.code = ResultCode(rawValue: Int(code))
        message = object["message"]?.string ?? ""
    }

    /// Reads what came on a result topic.
    init?(_ message: ReceivedMessage, to id: TaskID) {
        guard !message.isRetained else { return nil }
        self.init(message.payload, to: id)
    }

    /// The object that the message holds.
    ///
    /// - Throws: The agent refused, or knows nothing of it.
    func object() throws(Failure) -> JSONObject {
        switch code {
        case .success: break
        case .unknownTask: throw Failure(.noTarget, message)
        default: throw Failure(.refused, "the agent refused (\(code)): \(message)")
        }
        guard let object = (try? JSONText(Array(message.utf8), allowsNUL: true))?.value.object else {
            throw Failure(.refused, "the agent answered what this program cannot read; is it of an older release?")
        }
        return object
    }
}
