/// How hard MQTT tries to deliver a message over one hop.
public enum MQTTQoS: Int, Sendable, Hashable, Comparable {
    /// Sent once, never repeated.
    case atMostOnce = 0
    /// Repeated until acknowledged; may arrive twice.
    case atLeastOnce = 1
    /// Handed over with a double handshake. Not for what must survive a crash of the receiver: libmosquitto keeps half
    /// finished handshakes in memory only.
    case exactlyOnce = 2

    /// Orders by effort.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
