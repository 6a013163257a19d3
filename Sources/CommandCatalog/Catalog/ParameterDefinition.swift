internal import JSON

/// A parameter of a command: what values it takes.
struct ParameterDefinition: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// Text that matches a pattern as a whole and has at most so many bytes.
        case string(pattern: PosixPattern, length: Int)
        /// A number within a range.
        case integer(ClosedRange<Int64>)
        /// One of these words.
        case enumeration([String])
        /// `true` or `false`.
        case boolean
    }

    let name: Name
    let kind: Kind
    var description = ""
    var isRequired = true
    /// The catalog's own value where a task brings none.
    var defaultText: String?
    /// Whether a value may begin an argument with `-`.
    var mayBeOption = false
    /// Whether its values are nobody's business: they stand in no audit and in no answer to a `check`.
    var isSecret = false

    /// The value that a task brings, or the default.
    func value(of given: JSONValue?) throws(CatalogError) -> ParameterValue {
        guard let given else {
            guard defaultText != nil || !isRequired else { throw .parameters("parameters: needs \"\(name)\"") }
            return ParameterValue(text: defaultText, mayBeOption: mayBeOption || defaultText != nil)
        }
        guard let text = text(of: given) else {
            throw .parameters("parameters: \(name): expected \(expected), found \(given.summary)")
        }
        return ParameterValue(text: text, mayBeOption: mayBeOption || kind.isFixedByCatalog)
    }

    /// The text of a value, if the parameter takes it.
    func text(of value: JSONValue) -> String? {
        switch (kind, value) {
        case (.string(let pattern, let length), .string(let text)):
            text.utf8.count <= length && !text.utf8.contains(where: Self.isControl) && pattern.matches(text)
                ? text : nil
        case (.integer(let range), .integer(let number)): range.contains(number) ? "\(number)" : nil
        case (.integer(let range), .string(let text)): Self.decimal(text).flatMap { range.contains($0) ? text : nil }
        case (.enumeration(let words), .string(let text)):
            words.contains { $0.utf8.elementsEqual(text.utf8) } ? text : nil
        case (.boolean, .bool(let flag)): "\(flag)"
        case (.boolean, .string("true")), (.boolean, .string("false")): value.string
        default: nil
        }
    }

    /// What is wanted, as it stands behind "expected".
    var expected: String {
        switch kind {
        case .string(let pattern, let length): "a string of at most \(length) bytes that matches \(pattern.text)"
        case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .enumeration(let words): "one of \(words.joined(separator: ", "))"
        case .boolean: "true or false"
        }
    }

    /// A number as the sender's tools write it: no sign but `-`, no leading zero, so that a value has one text.
    private static func decimal(_ text: String) -> Int64? {
        Int64(text).flatMap { "\($0)" == text ? $0 : nil }
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }
}

/// What stands for a parameter in the argument vector.
struct ParameterValue {
    /// The text; `nil` when an optional parameter was left out.
    let text: String?
    /// Whether it may begin an argument with `-`.
    let mayBeOption: Bool
}

extension ParameterDefinition.Kind {
    /// Whether every possible value stands in the catalog, which then has said itself what may be an option.
    fileprivate var isFixedByCatalog: Bool {
        if case .enumeration = self { true } else { false }
    }
}

extension ParameterDefinition {
    /// What the catalog topic tells of it.
    var json: JSONObject {
        var object = kind.json
        object["description"] = description.isEmpty ? nil : .string(description)
        object["required"] = .bool(isRequired && defaultText == nil)
        object["default"] = defaultText.map(JSONValue.string)
        return object
    }
}

extension ParameterDefinition.Kind {
    fileprivate var json: JSONObject {
        switch self {
        case .string(let pattern, let length):
            ["type": "string", "pattern": .string(pattern.text), "length": .integer(Int64(length))]
        case .integer(let range):
            ["type": "integer", "range": [.integer(range.lowerBound), .integer(range.upperBound)]]
        case .enumeration(let words): ["type": "enumeration", "values": .array(words.map(JSONValue.string))]
        case .boolean: ["type": "boolean"]
        }
    }
}
