/// Where a broker is: host, port, and whether the connection is protected by TLS.
///
/// Written as `host`, `host:port`, `[v6]:port`, or one of these behind `mqtt://`, `tcp://` (plain), `mqtts://`,
/// `ssl://` (TLS). Without a port it is 1883, and 8883 with TLS.
public struct BrokerAddress: Sendable, Hashable {
    /// Host name or address, without brackets.
    public let host: String
    /// TCP port, 1 to 65535.
    public let port: Int
    /// Whether the connection is protected by TLS.
    public let isTLS: Bool

    /// Takes parts that are known to be right.
    ///
    /// - Parameters:
    ///   - host: Host name or address, without brackets.
    ///   - port: TCP port; nil means 1883, and 8883 with TLS.
    ///   - isTLS: Whether the connection is protected by TLS.
    public init(host: String, port: Int? = nil, isTLS: Bool = false) {
        self.host = host
        self.port = port ?? (isTLS ? 8883 : 1883)
        self.isTLS = isTLS
    }

    /// Reads the written form.
    ///
    /// - Parameters:
    ///   - text: One of the forms above.
    ///   - secure: Asks for TLS where the text itself does not say it.
    /// - Throws: What was found, and the forms that exist.
    public init(_ text: String, secure: Bool = false) throws(BrokerAddressError) {
        let (isTLS, rest) = try Self.scheme(of: text, secure: secure)
        let (host, portText) = try Self.split(rest, text: text)
        guard !host.isEmpty else { throw BrokerAddressError(found: text, because: "there is no host name") }
        self.init(host: host, port: try Self.port(portText, text: text), isTLS: isTLS)
    }

    private static func scheme(
        of text: String, secure: Bool
    ) throws(BrokerAddressError) -> (isTLS: Bool, rest: Substring) {
        guard let mark = text.firstRange(of: "://") else { return (secure, text[...]) }
        let rest = text[mark.upperBound...]
        switch text[..<mark.lowerBound].lowercased() {
        case "mqtts", "ssl": return (true, rest)
        case "mqtt", "tcp": return (secure, rest)
        case let other: throw BrokerAddressError(found: text, because: "the scheme \"\(other)\" is not known")
        }
    }

    private static func split(
        _ rest: Substring, text: String
    ) throws(BrokerAddressError) -> (host: String, port: Substring?) {
        if rest.hasPrefix("[") { return try bracketed(rest, text: text) }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else {
            throw BrokerAddressError(found: text, because: "an IPv6 address is written in brackets")
        }
        let host = String(parts[0])
        if let wrong = host.unicodeScalars.first(where: { !isHostCharacter($0) }) {
            throw BrokerAddressError(
                found: text, because: "\"\(wrong.escaped(asASCII: true))\" cannot be in a host name")
        }
        guard !host.hasPrefix("-"), !host.hasPrefix("."), host.utf8.count <= 253 else {
            throw BrokerAddressError(found: text, because: "that is not a host name")
        }
        return (host, parts.count == 2 ? parts[1] : nil)
    }

    private static func bracketed(
        _ rest: Substring, text: String
    ) throws(BrokerAddressError) -> (host: String, port: Substring?) {
        guard let end = rest.firstIndex(of: "]") else {
            throw BrokerAddressError(found: text, because: "the bracket is not closed")
        }
        let host = String(rest[rest.index(after: rest.startIndex)..<end])
        guard NumericAddress.isIPv6(host) else {
            throw BrokerAddressError(found: text, because: "only an IPv6 address stands in brackets")
        }
        let after = rest[rest.index(after: end)...]
        if after.isEmpty { return (host, nil) }
        guard after.hasPrefix(":") else {
            throw BrokerAddressError(found: text, because: "behind the bracket only a port may follow")
        }
        return (host, after.dropFirst())
    }

    private static func port(_ text: Substring?, text whole: String) throws(BrokerAddressError) -> Int? {
        guard let text else { return nil }
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(text), (1...65_535).contains(number)
        else { throw BrokerAddressError(found: whole, because: "a port is a number from 1 to 65535") }
        return number
    }

    private static func isHostCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_": true
        default: false
        }
    }
}

extension BrokerAddress: CustomStringConvertible {
    /// Host and port, `host:port` or `[v6]:port`: what tells one broker from another.
    public var name: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// The address as a URL, as it stands in logs.
    public var description: String { "\(isTLS ? "mqtts" : "mqtt")://\(name)" }
}
