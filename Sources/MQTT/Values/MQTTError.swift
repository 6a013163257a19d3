/// A failure of the connection to a broker, or of a call of libmosquitto or OpenSSL.
public struct MQTTError: Error, Hashable {
    /// What kind of failure it is.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// Stable word, as it stands in logs.
        public let rawValue: String

        /// Takes the word.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// No address for the host name.
        public static let hostNotFound = Self(rawValue: "host-not-found")
        /// Nobody answers at address and port.
        public static let unreachable = Self(rawValue: "unreachable")
        /// TLS failed: certificate, host name, protocol, or one of our files.
        public static let tls = Self(rawValue: "tls")
        /// The broker does not speak this version of MQTT.
        public static let protocolVersion = Self(rawValue: "protocol-version")
        /// The broker refused user, password or client.
        public static let notAuthorized = Self(rawValue: "not-authorized")
        /// The broker refused the connection for another reason.
        public static let refused = Self(rawValue: "refused")
        /// No answer in time.
        public static let timedOut = Self(rawValue: "timed-out")
        /// The connection ended.
        public static let connectionLost = Self(rawValue: "connection-lost")
        /// Another connection uses our client identifier.
        public static let sessionTakenOver = Self(rawValue: "session-taken-over")
        /// What came was not MQTT.
        public static let protocolViolation = Self(rawValue: "protocol-violation")
        /// An argument that cannot be sent, such as a topic with a wildcard.
        public static let invalidArgument = Self(rawValue: "invalid-argument")
        /// The message is larger than the broker or the protocol takes.
        public static let tooLarge = Self(rawValue: "too-large")
        /// We left a message with the broker, and cut the connection for it.
        public static let messageLeft = Self(rawValue: "message-left")
        /// Anything else of the operating system or the library.
        public static let system = Self(rawValue: "system")
    }

    /// What kind of failure it is.
    public let code: Code
    /// The call that failed.
    public let call: String
    /// What the library, the system or the broker said about it.
    public let text: String
    /// The broker that was spoken to, nil where none was.
    public let address: BrokerAddress?
    /// The reason code of the broker, where it gave one.
    public let reason: MQTTReason?

    init(_ code: Code, call: String, text: String, address: BrokerAddress? = nil, reason: MQTTReason? = nil) {
        self.code = code
        self.call = call
        self.text = text
        self.address = address
        self.reason = reason
    }
}

extension MQTTError: CustomStringConvertible {
    /// Code, broker, text and call in one line.
    public var description: String {
        let place = address.map { " at \($0)" } ?? ""
        return "\(code.rawValue)\(place): \(text) (\(call))"
    }
}
