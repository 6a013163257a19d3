/// Why a broker did what it did: MQTT 5 reason codes, and the return codes of MQTT 3.1.1's CONNACK below them.
public struct MQTTReason: RawRepresentable, Sendable, Hashable {
    /// The number on the wire.
    public let rawValue: UInt8

    /// Takes the number on the wire.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// All well.
    public static let success = Self(rawValue: 0)
    /// Accepted, but no session subscribes to it (MQTT 5).
    public static let noMatchingSubscribers = Self(rawValue: 0x10)
    /// The broker does not speak this version (MQTT 5).
    public static let unsupportedProtocolVersion = Self(rawValue: 0x84)
    /// Wrong user or password (MQTT 5).
    public static let badUserNameOrPassword = Self(rawValue: 0x86)
    /// Not allowed to (MQTT 5, and the SUBACK failure of 3.1.1 is 0x80).
    public static let notAuthorized = Self(rawValue: 0x87)
    /// Another connection uses our client identifier (MQTT 5).
    public static let sessionTakenOver = Self(rawValue: 0x8E)
    /// Too much of something (MQTT 5).
    public static let quotaExceeded = Self(rawValue: 0x97)

    /// Whether it is one of the codes that say no.
    public var isFailure: Bool { rawValue >= 0x80 }
}

extension MQTTReason: CustomStringConvertible {
    /// The number, hexadecimal as in the standard.
    public var description: String { "0x" + String(rawValue, radix: 16, uppercase: true) }
}
