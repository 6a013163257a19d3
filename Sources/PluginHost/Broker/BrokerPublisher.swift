import CommandCatalog
import MQTT
import PluginKit

/// What plugins send goes through the agent's one client.
struct BrokerPublisher: MQTTPublisher {
    private let client: MQTTClient

    init(_ client: MQTTClient) {
        self.client = client
    }

    func publish(_ message: MQTTMessage) {
        client.publish(OutgoingMessage(message))
    }

    func announce(_ topic: TopicName, _ payload: [UInt8]) {
        client.announce(topic: topic.description, payload: payload)
    }
}

extension OutgoingMessage {
    init(_ message: MQTTMessage) {
        self.init(
            topic: message.topic, payload: message.payload,
            qos: MQTTQoS(rawValue: message.quality.rawValue) ?? .atLeastOnce, retain: message.isRetained
        )
    }
}
