import MQTT
import PluginKit
import Synchronization

/// Takes the messages of one broker in, batch by batch; works on the thread of its connection.
final class Intake: Sendable {
    /// What came together and is not committed yet.
    struct Batch {
        /// Those that were asked, once each.
        var doors: [MessageRouter.Door] = []
        /// What waits for the commit: a message that comes again would come to the handlers twice.
        var deliveries: [(instance: PluginInstance, message: MQTTMessage)] = []
        /// Whether a message was left, and so all that came with it.
        var isLeft = false
    }

    private let broker: String
    private let router: MessageRouter
    private let batch = Mutex(Batch())

    init(broker: String, router: MessageRouter) {
        self.broker = broker
        self.router = router
    }

    /// Has one message decided about.
    func take(_ message: ReceivedMessage) -> MessageVerdict {
        batch.withLock { batch in
            let admission = router.route(MQTTMessage(message, from: broker), into: &batch)
            if admission == .left { batch.isLeft = true }
            return admission == .left ? .leave : .take
        }
    }

    /// Has the plugins commit what they admitted, and hands on the rest.
    func commit() -> MessageVerdict {
        let batch = batch.withLock { batch in
            defer { batch = Batch() }
            return batch
        }
        var isLeft = batch.isLeft
        for door in batch.doors where door.plugin.commit(from: broker) == .left { isLeft = true }
        for (instance, message) in batch.deliveries where !isLeft || message.quality == .atMostOnce {
            instance.deliver(.message(message))
        }
        return isLeft ? .leave : .take
    }
}

extension MQTTMessage {
    /// A message as it came from a broker.
    init(_ message: ReceivedMessage, from broker: String) {
        self.init(
            topic: message.topic, payload: message.payload,
            quality: QualityOfService(rawValue: message.qos.rawValue) ?? .atLeastOnce, isRetained: message.isRetained,
            broker: broker
        )
    }
}
