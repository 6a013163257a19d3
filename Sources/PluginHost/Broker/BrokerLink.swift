import Logging
import MQTT
import PluginKit

/// The connection to one broker: a client with a thread of its own, and the way of its messages to the plugins.
final class BrokerLink: Sendable {
    let client: MQTTClient

    /// What it is called in messages, status and metrics: `host:port`.
    let name: String

    init(_ options: MQTTOptions, router: MessageRouter, pulse: Pulse, logger: Logger) {
        let name = options.address.name
        let intake = Intake(broker: name, router: router)
        var logger = logger
        logger[metadataKey: "mqtt.broker"] = "\(options.address)"
        self.name = name
        client = MQTTClient(
            options, logger: logger,
            handlers: MQTTHandlers(
                onMessage: { intake.take($0) },
                onBatch: {
                    pulse.beat(within: Pulse.disk)
                    return intake.commit()
                },
                onTurn: { within in
                    if let within { pulse.beat(within: within) } else { pulse.rest() }
                })
        )
    }
}
