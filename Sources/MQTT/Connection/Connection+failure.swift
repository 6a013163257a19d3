import CMosquitto
import Glibc

extension Connection {
    /// The error behind a result, or behind a socket that the library closed.
    func failure(_ result: cmosquitto_result, call: String) -> MQTTError {
        if let answer, answer.code != 0 { return refusal(answer) }
        if let endReason, let reason = UInt8(exactly: endReason).map(MQTTReason.init), reason.isFailure {
            let code: MQTTError.Code = reason == .sessionTakenOver ? .sessionTakenOver : .connectionLost
            return error(code, call: call, text: "the broker ended it: \(Library.text(reason))", reason: reason)
        }
        switch result.code {
        case MOSQ_ERR_ERRNO.code where result.error == EPROTO && options.address.isTLS,
            MOSQ_ERR_TLS.code, MOSQ_ERR_TLS_HANDSHAKE.code:
            return error(.tls, call: call, text: complaint ?? Library.text(result.code))
        case MOSQ_ERR_ERRNO.code:
            return error(Self.code(ofErrno: result.error), call: call, text: SystemError.text(result.error))
        case MOSQ_ERR_SUCCESS.code:
            return error(.connectionLost, call: call, text: "the broker closed the connection")
        default:
            return error(Self.code(of: result.code), call: call, text: Library.text(result.code))
        }
    }

    private func refusal(_ answer: Answer) -> MQTTError {
        let isOld = answer.code < 0x80
        let text = isOld ? Library.text(connack: answer.code) : Library.text(MQTTReason(rawValue: UInt8(answer.code)))
        let code: MQTTError.Code =
            switch answer.code {
            case 1, 0x84: .protocolVersion
            case 4, 5, 0x86, 0x87, 0x8A, 0x8C: .notAuthorized
            default: .refused
            }
        let reason = UInt8(exactly: answer.code).map(MQTTReason.init)
        return error(code, call: "CONNECT", text: "the broker refused: \(text)", reason: reason)
    }

    private func error(
        _ code: MQTTError.Code, call: String, text: String, reason: MQTTReason? = nil
    ) -> MQTTError {
        MQTTError(code, call: call, text: text, address: options.address, reason: reason)
    }

    private static func code(ofErrno number: CInt) -> MQTTError.Code {
        switch number {
        case ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, ENETDOWN, EHOSTDOWN: .unreachable
        case ECONNRESET, EPIPE, ECONNABORTED: .connectionLost
        default: .system
        }
    }

    private static func code(of code: CInt) -> MQTTError.Code {
        switch code {
        case MOSQ_ERR_EAI.code, MOSQ_ERR_LOOKUP.code: .hostNotFound
        case MOSQ_ERR_CONN_LOST.code, MOSQ_ERR_NO_CONN.code: .connectionLost
        case MOSQ_ERR_KEEPALIVE.code, MOSQ_ERR_TIMEOUT.code: .timedOut
        case MOSQ_ERR_PROTOCOL.code, MOSQ_ERR_MALFORMED_PACKET.code, MOSQ_ERR_DUPLICATE_PROPERTY.code,
            MOSQ_ERR_MALFORMED_UTF8.code:
            .protocolViolation
        case MOSQ_ERR_INVAL.code, MOSQ_ERR_RETAIN_NOT_SUPPORTED.code, MOSQ_ERR_QOS_NOT_SUPPORTED.code: .invalidArgument
        case MOSQ_ERR_PAYLOAD_SIZE.code, MOSQ_ERR_OVERSIZE_PACKET.code: .tooLarge
        case MOSQ_ERR_CONN_REFUSED.code: .refused
        default: .system
        }
    }
}
