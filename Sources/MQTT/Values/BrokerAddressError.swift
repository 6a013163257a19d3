/// A text that is not the address of a broker.
public struct BrokerAddressError: Error, Hashable, CustomStringConvertible {
    /// The text that was found; what stands before an `@` is left out, since it may be a password.
    public let found: String
    /// What is wrong with it.
    public let reason: String

    init(found: String, because reason: String) {
        self.found = found.lastIndex(of: "@").map { "…" + found[$0...] } ?? found
        self.reason = reason
    }

    /// What was found, what is wrong, and the forms that exist.
    public var description: String {
        """
        not the address of a broker: "\(found)" (\(reason)); expected "host", "host:port" or "[IPv6 address]:port", \
        also behind mqtt://, tcp://, mqtts:// or ssl://
        """
    }
}
