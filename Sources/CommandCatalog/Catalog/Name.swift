/// The name of a service, a command, a parameter or a lock: 1 to 255 bytes without control characters.
///
/// Names are equal when their bytes are, unlike `String`, to which a composed and a decomposed `é` are the same.
public struct Name: Sendable {
    /// The name as written.
    public let text: String

    /// The name, or `nil` when the text is empty, longer than 255 bytes, or has a control character.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...255).contains(bytes.count), !text.unicodeScalars.contains(where: Self.isControl) else { return nil }
        self.text = text
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control
    }
}

extension Name: Hashable {
    /// Whether both have the same bytes.
    public static func == (left: Name, right: Name) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    /// Feeds the bytes of the name.
    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }
}

extension Name: Comparable {
    /// Orders by bytes.
    public static func < (left: Name, right: Name) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}

extension Name: CustomStringConvertible {
    /// The name as written.
    public var description: String { text }
}
