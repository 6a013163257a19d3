public import CommandCatalog

/// Sends messages to the brokers; never waits, and keeps a bounded number of them while a broker is away.
public protocol MQTTPublisher: Sendable {
    /// Sends a message once, through the broker that it names or through all.
    ///
    /// - Parameters:
    ///   - message: What to send.
    ///   - completion: Called exactly once, on any thread, perhaps before this returns: so it must neither wait nor need
    ///     a lock that the caller holds. `true`: a broker acknowledged it with success, or, at
    ///     ``QualityOfService/atMostOnce``, it was written; with several brokers, the first success decides. `false`:
    ///     each of them dropped, refused or abandoned it; an abandoned message may have arrived all the same. It comes
    ///     when that is known, which takes as long as a broker is away.
    func publish(_ message: MQTTMessage, completion: (@Sendable (Bool) -> Void)?)

    /// Connects anew to every broker, whether or not there is a connection; the sessions are kept.
    func reconnect()

    /// How the connections are.
    var connections: BrokerConnections { get }

    /// Keeps a retained topic at a payload at every broker: sends it now, when it changes, and at every new connection.
    func announce(_ topic: TopicName, _ payload: [UInt8])
}

/// How the connections to the brokers are, together.
public struct BrokerConnections: Sendable, Equatable {
    /// How often a broker has accepted us since the start.
    public var count: Int
    /// Whether one has us now.
    public var isConnected: Bool

    /// Connections.
    public init(count: Int, isConnected: Bool) { (self.count, self.isConnected) = (count, isConnected) }
}

extension MQTTPublisher {
    /// Sends a message once, and does not ask what becomes of it.
    public func publish(_ message: MQTTMessage) { publish(message, completion: nil) }
}
