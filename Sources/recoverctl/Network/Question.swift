import AgentControl
import CommandCatalog
import JSON
import MQTT
import ProgramOptions
import Signatures

/// A question to the agent of one host, and which answer to it is believed.
///
/// Where the host's key is known, only what the host has signed for this very task; else whatever comes first.
struct Question {
    private let host: HostIdentity
    private let task: TaskMessage
    private let key: VerificationKey?
    /// Whether an answer came that the host has not signed.
    private(set) var wasAnsweredByOthers = false

    /// A question.
    ///
    /// - Parameters:
    ///   - task: What is asked.
    ///   - host: Whom.
    ///   - duration: An agent that finds it later leaves it.
    ///   - signer: Who signs it; `nil`: nobody.
    ///   - key: The key by which the host signs, if it is known.
    init(
        _ task: AgentTask, to host: HostIdentity, validFor duration: Duration, by signer: TaskSigner? = nil,
        knowing key: VerificationKey?
    ) {
        (self.host, self.key) = (host, key)
        // Only a detailed answer is signed.
        let message = task.message(validFor: duration, reply: ReplyWishes(detail: key != nil))
        self.task = signer?.sign(message, for: "host/\(host)") ?? message
    }

    /// The wire form.
    var payload: [UInt8] { task.json.bytes }

    /// Reads what came on the host's result topic; `nil` for everything that is not to be believed as the answer.
    mutating func answer(_ message: ReceivedMessage) -> AgentReply? {
        guard !message.isRetained, let reply = AgentReply(message.payload, to: task.taskID) else { return nil }
        switch AnswerVerdict(on: message.payload, of: host, to: task, by: key) {
        case .proved, .unproved: return reply
        case .refuted:
            wasAnsweredByOthers = true
            return nil
        }
    }
}
