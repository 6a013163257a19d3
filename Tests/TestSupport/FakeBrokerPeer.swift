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

    /// Sends bytes.
    public func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { throw SystemFailure("send", errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// A PUBLISH without MQTT 5 properties.
    public static func publish(
        topic: String, payload: [UInt8], qos: Int = 1, identifier: UInt16 = 1, isDuplicate: Bool = false,
        isRetained: Bool = false
    ) -> [UInt8] {
        let flags = UInt8(0x30 | (isDuplicate ? 8 : 0) | qos << 1 | (isRetained ? 1 : 0))
        var body = [UInt8(topic.utf8.count >> 8), UInt8(topic.utf8.count & 0xFF)] + Array(topic.utf8)
        if qos > 0 { body += [UInt8(identifier >> 8), UInt8(identifier & 0xFF)] }
        body += payload
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
