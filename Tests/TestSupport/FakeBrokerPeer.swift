import Glibc

/// One connection to a ``FakeBroker``, used by its script only.
public struct FakeBrokerPeer {
    /// How many connections came before this one.
    public let number: Int
    private let descriptor: CInt

    init(number: Int, descriptor: CInt) {
        self.number = number
        self.descriptor = descriptor
    }

    /// The next MQTT packet with its header.
    ///
    /// - Parameter limit: How long to wait for it to begin; nil for ever.
    /// - Returns: The bytes; nil when none began in time.
    /// - Throws: The client hung up.
    public func packet(within limit: Duration? = nil) throws -> [UInt8]? {
        if let limit, try !isReadable(within: limit) { return nil }
        var packet = try receive(1)
        var (length, shift) = (0, 0)
        repeat {
            packet += try receive(1)
            length |= Int(packet[packet.count - 1] & 0x7F) << shift
            shift += 7
        } while packet[packet.count - 1] & 0x80 != 0
        return packet + (try receive(length))
    }

    /// Reads CONNECT and accepts it, in the version in which it asks.
    ///
    /// - Returns: Whether it speaks MQTT 5.
    @discardableResult
    public func accept(isSessionPresent: Bool = false) throws -> Bool {
        let isVersion5 = try connect() == 5
        try send(Self.connack(isVersion5: isVersion5, isSessionPresent: isSessionPresent))
        return isVersion5
    }

    /// Reads CONNECT.
    ///
    /// - Returns: The protocol level it asks for: 4 is MQTT 3.1.1, 5 is MQTT 5.
    public func connect() throws -> Int {
        guard let packet = try packet(), packet[0] == 0x10 else { throw SystemFailure("CONNECT expected") }
        // The level follows the name "MQTT", which follows a length of one byte or, above 127, of two.
        return Int(packet[packet[1] & 0x80 == 0 ? 8 : 9])
    }

    /// A CONNACK that accepts.
    public static func connack(isVersion5: Bool, isSessionPresent: Bool = false) -> [UInt8] {
        let flags: UInt8 = isSessionPresent ? 1 : 0
        return isVersion5 ? [0x20, 3, flags, 0, 0] : [0x20, 2, flags, 0]
    }

    /// Reads SUBSCRIBE and answers it.
    public func answerSubscribe(_ code: UInt8, isVersion5: Bool) throws {
        guard let packet = try packet(), packet[0] == 0x82 else { throw SystemFailure("SUBSCRIBE expected") }
        try send(isVersion5 ? [0x90, 4, packet[2], packet[3], 0, code] : [0x90, 3, packet[2], packet[3], code])
    }

    /// Sends bytes.
    public func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { throw SystemFailure("send", errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// A PUBLISH; in MQTT 5 without properties.
    public static func publish(
        _ text: String, to topic: String, qos: Int = 1, identifier: UInt16 = 1, isVersion5: Bool,
        isDuplicate: Bool = false, isRetained: Bool = false
    ) -> [UInt8] {
        let flags = UInt8(0x30 | (isDuplicate ? 8 : 0) | qos << 1 | (isRetained ? 1 : 0))
        var body = [UInt8(topic.utf8.count >> 8), UInt8(topic.utf8.count & 0xFF)] + Array(topic.utf8)
        if qos > 0 { body += [UInt8(identifier >> 8), UInt8(identifier & 0xFF)] }
        if isVersion5 { body.append(0) }
        body += Array(text.utf8)
        precondition(body.count < 16_384, "two bytes of length are enough for a test")
        let length = body.count < 128 ? [UInt8(body.count)] : [UInt8(body.count & 0x7F | 0x80), UInt8(body.count >> 7)]
        return [flags] + length + body
    }

    private func isReadable(within limit: Duration) throws -> Bool {
        var set = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&set, 1, CInt(limit / .milliseconds(1))) > 0
    }

    private func receive(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes[filled...].withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard got > 0 else { throw SystemFailure("the client hung up") }
            filled += got
        }
        return bytes
    }
}
