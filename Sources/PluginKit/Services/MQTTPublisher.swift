public import CommandCatalog

/// Sends messages to the broker; never waits, and keeps a bounded number of them while the broker is away.
public protocol MQTTPublisher: Sendable {
    /// Sends a message once.
    func publish(_ message: MQTTMessage)

    /// Keeps a retained topic at a payload: sends it now, when it changes, and at every new connection.
    func announce(_ topic: TopicName, _ payload: [UInt8])
}
