import CMosquitto
import Glibc

extension Connection {
    /// Gives a message to the library.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - highestQoS: With what it is sent at most.
    /// - Returns: The packet identifier by which the acknowledgement will come. That a connection ended meanwhile is
    ///   found by the next ``write()``; the message then counts as given, and is sent again on the next one.
    /// - Throws: It can never be sent as it is.
    func publish(_ message: OutgoingMessage, _ highestQoS: MQTTQoS) throws(MQTTError) -> CInt {
        var level = min(message.qos.rawValue, highestQoS.rawValue)
        while true {
            var identifier: CInt = 0
            let code = publish(message, qos: CInt(level), identifier: &identifier)
            switch code {
            case MOSQ_ERR_SUCCESS.code, MOSQ_ERR_NO_CONN.code, MOSQ_ERR_CONN_LOST.code: return identifier
            // Some brokers have no QoS 2, a few no QoS 1: less than asked for is more than nothing.
            case MOSQ_ERR_QOS_NOT_SUPPORTED.code where level > 0: level -= 1
            default: throw failure(cmosquitto_result(code: code, error: errno), call: "mosquitto_publish")
            }
        }
    }

    private func publish(_ message: OutgoingMessage, qos: CInt, identifier: inout CInt) -> CInt {
        // A NUL would end the topic for C, and the message would go elsewhere.
        guard !message.topic.utf8.contains(0) else { return MOSQ_ERR_INVAL.code }
        guard let count = CInt(exactly: message.payload.count) else { return MOSQ_ERR_PAYLOAD_SIZE.code }
        return message.payload.withUnsafeBytes { bytes in
            mosquitto_publish_v5(
                handle, &identifier, message.topic, count, bytes.baseAddress, qos, message.retain, nil
            )
        }
    }

    /// Asks for messages.
    ///
    /// - Returns: The packet identifier of the answer.
    /// - Throws: The filter is not one.
    func subscribe(_ subscription: MQTTSubscription) throws(MQTTError) -> CInt {
        var identifier: CInt = 0
        let code =
            subscription.filter.utf8.contains(0)
            ? MOSQ_ERR_INVAL.code
            : mosquitto_subscribe_v5(handle, &identifier, subscription.filter, CInt(subscription.qos.rawValue), 0, nil)
        guard code == MOSQ_ERR_SUCCESS.code else {
            throw failure(cmosquitto_result(code: code, error: errno), call: "mosquitto_subscribe")
        }
        return identifier
    }

    /// Asks for no more messages.
    ///
    /// Nobody waits for the answer: what still comes is of no interest to anyone.
    func unsubscribe(_ filter: String) {
        _ = mosquitto_unsubscribe(handle, nil, filter)
    }
}
