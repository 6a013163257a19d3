internal import Glibc

/// What a host is called in topics: letters, digits, `_` and `-`, beginning with a letter or digit, at most 128 bytes.
///
/// No dots, because some brokers turn them into levels of the topic.
public struct HostIdentity: Sendable, Hashable, CustomStringConvertible {
    /// The name.
    public let description: String

    /// The identity, or `nil` when the text is not of the form.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= 128, Self.isAlphanumeric(first) else { return nil }
        guard bytes.allSatisfy({ Self.isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") })
        else { return nil }
        description = text
    }

    /// The system's short host name as text, up to the first dot; it may not be of the form.
    public static var systemName: String { fullSystemName.prefix { $0 != "." }.description }

    /// The system's host name as it is set.
    public static var fullSystemName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        // The last byte stays 0 whatever the call writes.
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
