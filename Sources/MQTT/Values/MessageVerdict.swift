/// What becomes of a received message.
public enum MessageVerdict: Sendable, Hashable {
    /// It is acknowledged when the turn ends: from then on the broker no longer has it.
    case take
    /// It is not acknowledged. MQTT has no refusal, so the connection is cut and the broker sends this message, and
    /// what followed it, again on the next one. For a failure of our own storage, not for content we dislike.
    case leave
}
