/// What became of a published message.
public enum PublishOutcome: Sendable, Hashable {
    /// QoS 0: written to a living connection; nobody knows more.
    case sent
    /// QoS 1 and 2: the broker answered. 0 is success; MQTT 3.1.1 knows no other.
    case acknowledged(MQTTReason)
    /// Not accepted: the outbox is full.
    case dropped
    /// Not accepted: it can never be sent as it is.
    case refused(MQTTError)
    /// The client was stopped before the broker answered; it may or may not have arrived.
    case abandoned

    /// Whether the message left as well as its QoS can tell.
    public var isSuccess: Bool {
        switch self {
        case .sent: true
        case .acknowledged(let reason): !reason.isFailure
        case .dropped, .refused, .abandoned: false
        }
    }
}
