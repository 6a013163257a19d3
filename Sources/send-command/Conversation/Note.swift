import CommandCatalog
import MQTT

/// Something that the user should know while the conversation goes on.
enum Note: Equatable, Sendable {
    /// The first attempt to connect failed; others follow.
    case connectFailed(MQTTError)
    /// The connection was lost; it is made again.
    case connectionLost(MQTTError)
    /// The broker took the task, but nobody subscribes to its topic.
    case noSubscriber
    /// The broker does not let us see the output before the answer.
    case followingRefused(MQTTReason)
    /// The agent could not take the task, and is asked again.
    case notTakenYet(Answer)
    /// The agent is asked to end the task.
    case cancelling
    /// The agent did not end the task.
    case notCancelled(Answer)
    /// So much of the output never came.
    case missed(bytes: Int64, OutputStream)

    /// Whether without it somebody could take the output for all there is.
    var isAboutOutput: Bool {
        if case .missed = self { true } else { false }
    }
}
