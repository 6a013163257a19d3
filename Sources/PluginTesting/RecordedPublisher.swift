public import CommandCatalog
public import PluginKit
internal import Synchronization

/// Keeps what a plugin sends to the broker.
public final class RecordedPublisher: MQTTPublisher {
    private struct State {
        var published: [MQTTMessage] = []
        var announced: [TopicName: [UInt8]] = [:]
    }

    private let state = Mutex(State())

    /// A publisher that has nothing yet.
    public init() {}

    /// All messages, in order.
    public var published: [MQTTMessage] { state.withLock(\.published) }
    /// What is kept at the retained topics now.
    public var announced: [TopicName: [UInt8]] { state.withLock(\.announced) }

    /// Keeps a message.
    public func publish(_ message: MQTTMessage) { state.withLock { $0.published.append(message) } }
    /// Keeps the newest payload of a topic.
    public func announce(_ topic: TopicName, _ payload: [UInt8]) { state.withLock { $0.announced[topic] = payload } }
}
