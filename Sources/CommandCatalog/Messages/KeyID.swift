/// What a key is called by those who trust it, such as `ops-2026a`: letters, digits, `.`, `_` and `-`, beginning with a
/// letter or digit, at most 64 bytes.
///
/// It is a part of file names, and so never a path.
public struct KeyID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The name.
    public let description: String

    /// The name, or `nil` when the text is not of the form.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= 64, Self.isAlphanumeric(first) else { return nil }
        guard bytes.allSatisfy({ Self.isAlphanumeric($0) || "._-".utf8.contains($0) }) else { return nil }
        description = text
    }

    /// Orders by bytes.
    public static func < (left: KeyID, right: KeyID) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
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
