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
    /// The host's key is known from now on.
    case hostKeyPinned(HostIdentity, file: String)
    /// The host tells another key than the known one.
    case hostKeyChanged(HostIdentity)
    /// The host's key could not be noted.
    case hostKeyNotKept(String)
    /// The host has told no key, so anybody could have answered.
    case answerUnproved(HostIdentity)
    /// An answer was not signed by the host, and is ignored.
    case answerRefuted(HostIdentity)
    /// So much of the output never came.
    case missed(bytes: Int64, OutputStream)

    /// Whether even whoever wants to hear nothing else must hear it: without it somebody could take the output for all there
    /// is, or for that of the host.
    var isUrgent: Bool {
        switch self {
        case .missed, .hostKeyChanged, .answerRefuted: true
        default: false
        }
    }
}
