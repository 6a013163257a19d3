/// The versions of the protocol that are spoken.
public enum MQTTVersion: String, Sendable, Hashable {
    /// MQTT 3.1.1.
    case v311 = "3.1.1"
    /// MQTT 5.0, with reason codes.
    case v5 = "5.0"
}
