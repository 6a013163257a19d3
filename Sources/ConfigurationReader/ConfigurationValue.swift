public import JSON

/// A kind of value that a key may have: what it is called in errors, and how it is read.
public struct ConfigurationValue<Value> {
    /// What is wanted, as it stands behind "expected": `a duration such as "30s"`.
    public let expected: String
    let decode: (JSONValue) throws(ConfigurationValueError) -> Value

    /// A kind of value.
    ///
    /// - Parameters:
    ///   - expected: What is wanted, as it stands behind "expected".
    ///   - decode: The value, or why not.
    public init(_ expected: String, _ decode: @escaping (JSONValue) throws(ConfigurationValueError) -> Value) {
        self.expected = expected
        self.decode = decode
    }

    /// The value that stands in a file, for kinds that are made of others.
    ///
    /// - Throws: Why it is none.
    public func decoded(_ json: JSONValue) throws(ConfigurationValueError) -> Value { try decode(json) }

    /// A kind whose values are made from text.
    ///
    /// - Parameters:
    ///   - expected: What is wanted.
    ///   - make: The value, or `nil` when the text is none.
    /// - Returns: The kind.
    public static func parsed(_ expected: String, _ make: @escaping (String) -> Value?) -> Self {
        Self(expected) { (json) throws(ConfigurationValueError) in
            guard let text = json.string else { throw .unexpected }
            guard let value = make(text) else { throw .found(text, expected: expected) }
            return value
        }
    }
}

/// Why a value was not taken.
public struct ConfigurationValueError: Error {
    /// The whole message; `nil`: say what was expected and what kind of value was found.
    let reason: String?

    /// The value is of another type.
    public static var unexpected: Self { Self(reason: nil) }

    /// The value has the right type but cannot be taken for this reason.
    public static func because(_ reason: String) -> Self { Self(reason: reason) }

    /// The text is not of the expected form.
    public static func found(_ text: String, expected: String) -> Self {
        Self(reason: "expected \(expected), found \(text.debugDescription)")
    }
}

extension ConfigurationValue where Value == String {
    /// Any text without a NUL.
    public static var text: Self { parsed("a string") { $0 } }

    /// Any text but the empty one.
    public static var nonEmptyText: Self { parsed("a string that is not empty") { $0.isEmpty ? nil : $0 } }

    /// A path from the root of the file system.
    public static var absolutePath: Self {
        parsed("an absolute path such as \"/etc/recoverd\"") { $0.utf8.first == UInt8(ascii: "/") ? $0 : nil }
    }
}

extension ConfigurationValue where Value == Bool {
    /// `true` or `false`.
    public static var bool: Self {
        Self("true or false") { (json) throws(ConfigurationValueError) in
            guard let value = json.bool else { throw .unexpected }
            return value
        }
    }
}

extension ConfigurationValue where Value == Int {
    /// An integer within a range.
    public static func integer(in range: ClosedRange<Int>) -> Self {
        Self("an integer from \(range.lowerBound) to \(range.upperBound)") { (json) throws(ConfigurationValueError) in
            guard let value = json.integer.flatMap(Int.init(exactly:)), range.contains(value) else { throw .unexpected }
            return value
        }
    }
}

extension ConfigurationValue where Value == Duration {
    /// A duration with its unit, `"500ms"`, `"50s"`, `"10m"`, `"2h"` or `"1d"`, within a range.
    public static func duration(in range: ClosedRange<Duration>) -> Self {
        let bounds = "\(DurationText(range.lowerBound)) to \(DurationText(range.upperBound))"
        return parsed("a duration such as \"30s\", \(bounds)") { text in
            DurationText(text).map(\.duration).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension ConfigurationValue {
    /// One of a few words.
    public static func choice(_ choices: [(String, Value)]) -> Self {
        let words = choices.map { "\"\($0.0)\"" }.joined(separator: ", ")
        return parsed("one of \(words)") { text in choices.first { $0.0.utf8.elementsEqual(text.utf8) }?.1 }
    }
}
