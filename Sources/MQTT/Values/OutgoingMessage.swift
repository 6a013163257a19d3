/// A message on its way to the broker.
public struct OutgoingMessage: Sendable, Hashable {
    /// Topic, without wildcards.
    public var topic: String
    /// Content; empty and retained deletes what is retained.
    public var payload: [UInt8]
    /// Quality of service.
    public var qos: MQTTQoS
    /// Whether the broker keeps it for those who subscribe later.
    public var retain: Bool

    /// Makes a message.
    public init(topic: String, payload: [UInt8], qos: MQTTQoS = .atLeastOnce, retain: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
    }

    /// What it counts against the bound of the outbox: content, topic, and 64 bytes for its own bookkeeping.
    var cost: Int { payload.count + topic.utf8.count + 64 }
}
