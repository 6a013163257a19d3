public import ConfigurationReader

/// A text that is never printed.
public struct Secret: Sendable, Equatable {
    /// The text, for the one who must have it.
    public let exposed: String

    /// A secret.
    public init(_ text: String) {
        exposed = text
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `***`.
    public var description: String { "***" }
    /// `***`.
    public var debugDescription: String { "***" }
    /// Nothing, so that dumping a value that holds a secret shows none.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension ConfigurationValue where Value == Secret {
    /// A secret text.
    public static var secret: Self { parsed("a string") { Secret($0) } }
}
