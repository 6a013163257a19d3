/// What happens to the connection, told on the MQTT thread in order.
public enum MQTTEvent: Sendable, Hashable {
    /// The broker accepted us.
    case connected(sessionPresent: Bool, version: MQTTVersion)
    /// An attempt failed; nil as the time of the next means that there is none (``MQTTOptions/isSingleAttempt``).
    case connectFailed(MQTTError, retryIn: Duration?)
    /// An accepted connection ended; nil when we ended it.
    case disconnected(MQTTError?)
    /// The broker granted a subscription.
    case subscribed(MQTTSubscription)
    /// The broker refused a subscription, which is asked for again later.
    case subscriptionRefused(MQTTSubscription, MQTTReason)
    /// Somebody else uses our client identifier: many short connections, or the broker said so.
    case takeOverSuspected(retryIn: Duration)
}
