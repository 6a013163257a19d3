import CMosquitto
import Glibc

extension Connection {
    /// The connection that a callback is about.
    private static func from(_ context: UnsafeMutableRawPointer?) -> Connection? {
        context.map { Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
    }

    nonisolated func registerCallbacks() {
        mosquitto_connect_v5_callback_set(handle) { _, context, code, flags, _ in
            Connection.from(context)?.answered(code: code, flags: flags)
        }
        mosquitto_disconnect_v5_callback_set(handle) { _, context, code, _ in
            Connection.from(context)?.ended(code: code)
        }
        mosquitto_message_v5_callback_set(handle) { _, context, message, _ in
            Connection.from(context)?.received(message)
        }
        mosquitto_publish_v5_callback_set(handle) { _, context, identifier, reason, _ in
            Connection.from(context)?.acknowledged(identifier, reason: reason)
        }
        mosquitto_subscribe_v5_callback_set(handle) { _, context, identifier, count, granted, _ in
            Connection.from(context)?.granted(identifier, UnsafeBufferPointer(start: granted, count: Int(count)))
        }
        mosquitto_log_callback_set(handle) { _, context, level, text in
            Connection.from(context)?.complained(level: level, text: text)
        }
    }

    /// The library formats every line of its log for this; once connected, its return codes tell enough.
    func stopListeningToLog() { mosquitto_log_callback_set(handle, nil) }

    // Each of them leaves with errno 0: the library takes an errno that we left behind for the result of its own read.

    private func answered(code: CInt, flags: CInt) {
        defer { errno = 0 }
        answer = Answer(code: code, isSessionPresent: flags & 1 != 0)
    }

    private func ended(code: CInt) {
        defer { errno = 0 }
        endReason = code
    }

    private func received(_ pointer: UnsafePointer<mosquitto_message>?) {
        defer { errno = 0 }
        guard !isLeft, let message = pointer?.pointee else { return }
        let received = ReceivedMessage(message)
        receivedCount += 1
        if received.isRetained { retainedCount += 1 }
        // Whoever decides by batches needs to hear that this one is over, also when it ends with a message that was left.
        hasUncommitted = true
        if handlers.onMessage(received) == .leave { leave() }
    }

    private func acknowledged(_ identifier: CInt, reason: CInt) {
        defer { errno = 0 }
        acknowledgements.append((identifier, MQTTReason(rawValue: UInt8(clamping: reason))))
    }

    private func granted(_ identifier: CInt, _ codes: UnsafeBufferPointer<CInt>) {
        defer { errno = 0 }
        // We ask for one filter at a time. An answer without a code is none at all, so it counts as a refusal.
        grants.append((identifier, MQTTReason(rawValue: UInt8(clamping: codes.first ?? 0x80))))
    }

    private func complained(level: CInt, text: UnsafePointer<CChar>?) {
        defer { errno = 0 }
        guard level & (MOSQ_LOG_ERR | MOSQ_LOG_WARNING) != 0, let text else { return }
        complaint = String(cString: text)
    }
}

extension ReceivedMessage {
    /// Copies a message out of the library.
    ///
    /// An empty one has no pointer to its content.
    init(_ message: mosquitto_message) {
        self.init(
            topic: message.topic.map { String(cString: $0) } ?? "",
            payload: [UInt8](UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen))),
            qos: MQTTQoS(rawValue: Int(message.qos)) ?? .atMostOnce,
            isRetained: message.retain
        )
    }
}
