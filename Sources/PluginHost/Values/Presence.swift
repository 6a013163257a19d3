import CommandCatalog
import MQTT

/// The payloads of the topic `online`; nothing else is ever published there.
enum Presence {
    static let here: [UInt8] = Array("1".utf8)
    static let away: [UInt8] = Array("0".utf8)

    /// What is published at the end, by the agent or, as its last will, by the broker.
    static func farewell(_ topics: HostTopics) -> OutgoingMessage {
        OutgoingMessage(topic: topics.online.description, payload: away, retain: true)
    }
}
