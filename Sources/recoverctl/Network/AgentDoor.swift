import AgentControl
import CommandCatalog
import JSON
import MQTT
import ProgramOptions
import Signatures

/// The way to one agent: both ways lead to the same service.
enum AgentDoor {
    case local(directory: String)
    case remote(HostIdentity, BrokerSettings)

    /// Asks the service `agent`.
    ///
    /// - Returns: The code and the text of the answer.
    /// - Throws: Why there is none.
    func ask(_ command: String, _ parameters: [String: JSONValue] = [:]) throws(Failure) -> AgentReply {
        try ask(AgentTask(command, parameters))
    }

    /// Has a task done.
    ///
    /// - Returns: The code and the text of the answer.
    /// - Throws: Why there is none.
    func ask(_ task: AgentTask) throws(Failure) -> AgentReply {
        switch self {
        case .local(let directory): return try Self.ask(task, directory)
        case .remote(let host, let settings): return try Self.ask(task, host, settings)
        }
    }

    private static func ask(_ task: AgentTask, _ directory: String) throws(Failure) -> AgentReply {
        do throws(ControlFailure) {
            return try ControlClient(directory: directory).ask(task)
        } catch {
            throw Failure(error.status, error.description)
        }
    }

    private static func ask(
        _ task: AgentTask, _ host: HostIdentity, _ settings: BrokerSettings
    ) throws(Failure) -> AgentReply {
        let topics = try HostTopics.under(settings.root, host)
        var question = Question(
            task, to: host, validFor: settings.timeout, by: settings.signer,
            knowing: try settings.knownHosts().keys[host])
        let session = try BrokerSession(settings, hearing: [MQTTSubscription(topics.result.description)])
        defer { session.leave() }
        session.publish(OutgoingMessage(topic: topics.command.description, payload: question.payload))
        while case let events = try session.next(), !events.isEmpty {
            for event in events {
                switch event {
                case .message(let message):
                    if let reply = question.answer(message) {
                        if question.wasAnsweredByOthers { Output.complain("WARNING: \(ignored(host))") }
                        return reply
                    }
                case .published(_, .acknowledged(.noMatchingSubscribers)):
                    throw Failure(.noAnswer, "\(host) does not answer: no agent is subscribed to \(topics.command)")
                case .published(_, .acknowledged(let reason)) where reason.isFailure:
                    throw Failure(.refused, "the broker does not let us publish to \(topics.command): \(reason)")
                case .published(_, .refused(let error)):
                    throw Failure(.refused, "the question cannot be sent: \(error)")
                default: break
                }
            }
            // Nobody keeps us here with answers that are ignored.
            if session.isOver { break }
        }
        let why =
            question.wasAnsweredByOthers
            ? "; \(ignored(host)). If it was made anew: recoverctl hosts trust --replace \(host)" : ""
        throw Failure(.noAnswer, "\(host) did not answer within \(settings.timeout.text)\(why)")
    }

    private static func ignored(_ host: HostIdentity) -> String {
        "an answer that \(host) has not signed, or not for this task, was ignored"
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

extension ControlFailure {
    /// What the program exits with.
    fileprivate var status: ProgramStatus {
        switch kind {
        case .noAnswer: .noAnswer
        case .refused: .refused
        case .unusable: .usage
        }
    }
}

extension AgentReply {
    /// The object that the message holds.
    ///
    /// - Throws: The agent refused, or knows nothing of it.
    func object() throws(Failure) -> JSONObject {
        switch code {
        case .success: break
        case .unknownTask: throw Failure(.noTarget, message)
        default: throw Failure(.refused, "the agent refused (\(code)): \(message)")
        }
        guard let object else {
            throw Failure(.refused, "the agent answered what this program cannot read; is it of an older release?")
        }
        return object
    }
}
