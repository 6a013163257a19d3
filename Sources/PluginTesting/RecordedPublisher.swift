public import CommandCatalog
public import PluginKit
internal import Synchronization

/// Keeps what a plugin sends to the brokers.
public final class RecordedPublisher: MQTTPublisher {
    private struct State {
        var published: [MQTTMessage] = []
        var announced: [TopicName: [UInt8]] = [:]
        var answer: Bool? = true
        var connections = BrokerConnections(count: 1, isConnected: true)
        var open: [(message: MQTTMessage, completion: @Sendable (Bool) -> Void)] = []
    }

    private let state = Mutex(State())

    /// A publisher that has nothing yet, and says at once of everything that it arrived.
    public init() {}

    /// All messages, in order.
    public var published: [MQTTMessage] { state.withLock(\.published) }
    /// What is kept at the retained topics now.
    public var announced: [TopicName: [UInt8]] { state.withLock(\.announced) }
    /// The messages whose senders wait to hear what became of them, in order.
    public var open: [MQTTMessage] { state.withLock { $0.open.map(\.message) } }

    /// What senders are told at once of messages to come; `nil` keeps them waiting for ``complete(_:where:)``.
    public var answer: Bool? {
        get { state.withLock(\.answer) }
        set { state.withLock { $0.answer = newValue } }
    }

    /// Tells senders that wait what became of their messages.
    ///
    /// - Parameters:
    ///   - isSuccess: Whether they arrived.
    ///   - isMeant: Which messages; by default all.
    /// - Returns: How many senders waited.
    @discardableResult
    public func complete(_ isSuccess: Bool, where isMeant: (MQTTMessage) -> Bool = { _ in true }) -> Int {
        let completions = state.withLock { state in
            let meant = state.open.filter { isMeant($0.message) }
            state.open.removeAll { isMeant($0.message) }
            return meant.map(\.completion)
        }
        for completion in completions { completion(isSuccess) }
        return completions.count
    }

    /// Keeps a message.
    public func publish(_ message: MQTTMessage, completion: (@Sendable (Bool) -> Void)?) {
        let answer = state.withLock { state in
            state.published.append(message)
            if state.answer == nil, let completion { state.open.append((message, completion)) }
            return state.answer
        }
        if let answer { completion?(answer) }
    }

    /// Counts it as a connection.
    public func reconnect() { state.withLock { $0.connections.count += 1 } }

    /// One, and as many as it was asked for.
    public var connections: BrokerConnections { state.withLock(\.connections) }

    /// Keeps the newest payload of a topic.
    public func announce(_ topic: TopicName, _ payload: [UInt8]) { state.withLock { $0.announced[topic] = payload } }
}
