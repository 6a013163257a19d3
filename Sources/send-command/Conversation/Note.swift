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
}
