/// A message of a broker, or to one or all of them.
public struct MQTTMessage: Sendable, Equatable {
    /// The topic.
    public let topic: String
    /// The payload.
    public let payload: [UInt8]
    /// How surely it is delivered.
    public let quality: QualityOfService
    /// Whether the broker keeps it for those who subscribe later.
    public let isRetained: Bool
    /// The broker that it came from, or through which it is to go, as `host:port`; `nil`: through all of them.
    ///
    /// What is to go through a broker that is not configured any more goes through all.
    public let broker: String?

    /// A message.
    public init(
        topic: String,
        payload: [UInt8],
        quality: QualityOfService = .atLeastOnce,
        isRetained: Bool = false,
        broker: String? = nil
    ) {
        self.topic = topic
        self.payload = payload
        self.quality = quality
        self.isRetained = isRetained
        self.broker = broker
    }
}

/// MQTT's levels of delivery (MQTT 3.1.1, section 4.3).
public enum QualityOfService: Int, Sendable {
    /// Sent and forgotten.
    case atMostOnce = 0
    /// Sent until acknowledged.
    case atLeastOnce = 1
    /// Sent with a handshake of two rounds.
    case exactlyOnce = 2
}
