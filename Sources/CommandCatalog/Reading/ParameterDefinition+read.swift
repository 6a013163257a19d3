internal import ConfigurationReader
internal import JSON

extension ParameterDefinition {
    /// Reads the `parameters` of a command, in their order.
    static func readAll(from command: ConfigurationSection) -> [ParameterDefinition] {
        command.section("parameters")?.sections().compactMap { Self($0.name, $0.section) } ?? []
    }

    /// Reads a parameter.
    ///
    /// - `type` (needed): `"string"`, `"integer"`, `"enumeration"` or `"boolean"`.
    /// - `pattern` (string, needed by a string): a POSIX extended regular expression that the whole value matches.
    /// - `length` (256, 1 to 4096): the most bytes of a string.
    /// - `range` (array of two integers): the least and the greatest integer.
    /// - `values` (array of strings, needed by an enumeration): the words.
    /// - `default`: the value where a task brings none.
    /// - `required` (boolean, true unless there is a default): without a value and not required, an argument that
    ///   consists of it alone is left out, and within another one it is empty.
    /// - `option` (boolean, false): whether a value may begin an argument with `-`.
    /// - `secret` (boolean, false): whether its values are kept out of the audit and of the answers to `check`.
    /// - `description` (string): for people.
    private init?(_ name: String, _ section: ConfigurationSection) {
        let kind = Kind(section)
        description = section.value("description", .text, default: "")
        isRequired = section.value("required", .bool, default: true)
        mayBeOption = section.value("option", .bool, default: false)
        isSecret = section.value("secret", .bool, default: false)
        section.allow("default")
        guard let kind, let name = Self.checked(name, in: section) else { return nil }
        self.name = name
        self.kind = kind
        readDefault(from: section)
    }

    private mutating func readDefault(from section: ConfigurationSection) {
        guard let value = section["default"] else { return }
        defaultText = text(of: value)
        if defaultText == nil { section.mistake("expected \(expected), found \(value.summary)", at: "default") }
    }

    private static func checked(_ text: String, in section: ConfigurationSection) -> Name? {
        if let name = Name(text), !text.utf8.contains(where: "{}".utf8.contains) { return name }
        section.mistake("expected a name of 1 to 255 bytes without braces and control characters")
        return nil
    }
}

extension ParameterDefinition.Kind {
    fileprivate init?(_ section: ConfigurationSection) {
        let types: [(String, String)] = ["string", "integer", "enumeration", "boolean"].map { ($0, $0) }
        switch section.required("type", .choice(types)) {
        case "string":
            let length = section.value("length", .integer(in: 1...4096), default: 256)
            guard let pattern = section.required("pattern", .pattern) else { return nil }
            self = .string(pattern: pattern, length: length)
        case "integer":
            self = .integer(section.value("range", .integerRange, default: Int64.min...Int64.max))
        case "enumeration":
            guard let values = section.required("values", .words) else { return nil }
            self = .enumeration(values)
        case "boolean": self = .boolean
        default:
            section.allow("pattern", "length", "range", "values")
            return nil
        }
    }
}

extension ConfigurationValue where Value == PosixPattern {
    fileprivate static var pattern: Self {
        Self("a POSIX extended regular expression") { (json) throws(ConfigurationValueError) in
            guard let text = json.string else { throw .unexpected }
            do throws(PatternError) {
                return try PosixPattern(text)
            } catch {
                throw .because("expected a POSIX extended regular expression: \(error.reason)")
            }
        }
    }
}

extension ConfigurationValue where Value == ClosedRange<Int64> {
    fileprivate static var integerRange: Self {
        Self("the least and the greatest integer, such as [1, 65535]") { (json) throws(ConfigurationValueError) in
            guard let bounds = json.array, bounds.count == 2, let least = bounds[0].integer,
                let greatest = bounds[1].integer, least <= greatest
            else { throw .unexpected }
            return least...greatest
        }
    }
}

extension ConfigurationValue where Value == [String] {
    fileprivate static var words: Self {
        Self("an array of strings that are not empty") { (json) throws(ConfigurationValueError) in
            guard let words = json.array?.map(\.string), !words.isEmpty, !words.contains(nil), !words.contains("")
            else {
                throw .unexpected
            }
            return words.compactMap { $0 }
        }
    }
}
