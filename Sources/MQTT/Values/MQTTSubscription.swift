/// A wish for messages.
public struct MQTTSubscription: Sendable, Hashable {
    /// Topic filter, with `+` and `#`.
    public let filter: String
    /// The highest quality of service with which messages are to come.
    public let qos: MQTTQoS

    /// Makes a wish.
    public init(_ filter: String, qos: MQTTQoS = .atLeastOnce) {
        self.filter = filter
        self.qos = qos
    }
}
