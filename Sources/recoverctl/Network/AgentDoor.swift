import CommandCatalog
import Glibc
import JSON
import MQTT
import ProgramOptions

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
        let payload = task.payload(validFor: settings.timeout, to: host, by: settings.signer)
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
    private let request: CommandRequest

    init(_ command: String, _ parameters: [String: JSONValue] = [:]) {
        var generator = SystemRandomNumberGenerator()
        id = .random(using: &generator)
        let named = parameters.compactMap { key, value in Name(key).map { ($0, value) } }
        request = CommandRequest(
            service: Self.name(CommandCatalog.reservedService), command: Self.name(command),
            parameters: named.isEmpty ? nil : Dictionary(uniqueKeysWithValues: named))
    }

    private static func name(_ text: String) -> Name {
        guard let name = Name(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    /// The wire form.
    ///
    /// - Parameters:
    ///   - duration: An agent that finds it later leaves it; at least a minute, because clocks differ.
    ///   - host: Whom it is for, where it is signed.
    ///   - signer: Who signs it.
    /// - Returns: The payload.
    func payload(validFor duration: Duration, to host: HostIdentity? = nil, by signer: TaskSigner? = nil) -> [UInt8] {
        let now = Timestamp.now
        let task = TaskMessage(
            taskID: id, timestamp: now, verb: .command(request), expires: now + max(duration, .seconds(60)))
        guard let host, let signer else { return task.json.bytes }
        return signer.sign(task, for: "host/\(host)").json.bytes
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
