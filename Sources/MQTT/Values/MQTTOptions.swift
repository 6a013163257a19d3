/// How a client connects.
public struct MQTTOptions: Sendable, Hashable {
    /// The broker.
    public var address: BrokerAddress
    /// Stable identifier of the session: the same after a restart, different on every host and program.
    public var clientID: String
    /// User name.
    public var username: String?
    /// Password; needs a user name.
    ///
    /// Never in a log or an error.
    public var password: String?
    /// Files for TLS, used when ``BrokerAddress/isTLS``.
    public var tls = TLSOptions()
    /// Whether the broker forgets us when the connection ends.
    public var isCleanSession = false
    /// How long the broker keeps an unclean session (MQTT 5; with 3.1.1 it decides alone).
    public var sessionExpiry = Duration.seconds(7 * 86_400)
    /// Silence after which the broker is asked whether it lives; twice that, and the connection is given up.
    public var keepAlive = Duration.seconds(15)
    /// The largest packet that the broker may send us, in bytes (MQTT 5; with 3.1.1 only the broker can limit it).
    public var maximumPacketSize = 2 << 20
    /// What the broker publishes when we vanish.
    public var lastWill: OutgoingMessage?
    /// The first and the longest wait between attempts to connect.
    public var reconnect = Backoff.Limits()
    /// Whether the first failure to connect is the last: for programs that one person waits for.
    ///
    /// Once connected, a lost connection is made again all the same.
    public var isSingleAttempt = false
    /// Messages that wait or are in flight at most.
    public var outboxCount = 10_000
    /// Their size at most, in bytes.
    public var outboxBytes = 64 << 20

    /// Takes what has no default; all else is changed in place.
    public init(address: BrokerAddress, clientID: String) {
        self.address = address
        self.clientID = clientID
    }
}

extension MQTTOptions: CustomStringConvertible, CustomReflectable {
    /// Address and client; no secrets.
    public var description: String { "\(address) as \(clientID)" }

    /// Nothing, so that a dump shows no password.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
