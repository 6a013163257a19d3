/// What a client calls, always on its own thread, one at a time.
///
/// None of them may wait for another part of the client.
public struct MQTTHandlers: Sendable {
    /// Decides over a message.
    ///
    /// The acknowledgement leaves after it, and after ``onBatch``, returned.
    public var onMessage: @Sendable (ReceivedMessage) -> MessageVerdict
    /// Called once after the messages that came together, also when one of them was left, and before any of their
    /// acknowledgements leaves: the place for one commit.
    ///
    /// `leave` leaves all of them.
    public var onBatch: @Sendable () -> MessageVerdict
    /// Told what happens to the connection.
    public var onEvent: @Sendable (MQTTEvent) -> Void
    /// Told at every turn, and before what may take long, when it will be called again at the latest; at the end of the
    /// thread, `nil`.
    public var onTurn: @Sendable (Duration?) -> Void

    /// Takes the handlers; those left out take every message and do nothing.
    public init(
        onMessage: @escaping @Sendable (ReceivedMessage) -> MessageVerdict = { _ in .take },
        onBatch: @escaping @Sendable () -> MessageVerdict = { .take },
        onEvent: @escaping @Sendable (MQTTEvent) -> Void = { _ in },
        onTurn: @escaping @Sendable (Duration?) -> Void = { _ in }
    ) {
        self.onMessage = onMessage
        self.onBatch = onBatch
        self.onEvent = onEvent
        self.onTurn = onTurn
    }
}
