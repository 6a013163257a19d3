/// A message as the broker sent it.
public struct ReceivedMessage: Sendable, Hashable {
    /// The topic it was published to.
    public let topic: String
    /// Its content, any bytes.
    public let payload: [UInt8]
    /// The lower of the sender's and the subscription's quality of service.
    public let qos: MQTTQoS
    /// Whether it had been kept by the broker and was sent because of a new subscription.
    public let isRetained: Bool

    /// Makes a message, for tests of those who handle messages.
    public init(topic: String, payload: [UInt8], qos: MQTTQoS = .atLeastOnce, isRetained: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.isRetained = isRetained
    }
}
