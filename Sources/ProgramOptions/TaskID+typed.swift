package import CommandCatalog
import JSON

extension TaskID {
    /// The identity that a person types: a number is one, and a text of digits stands in quotes, as JSON has it.
    ///
    /// `nil` when it is none.
    package init?(typed text: String) {
        let number = Int64(text).flatMap { "\($0)" == text ? JSONValue.integer($0) : nil }
        let quoted = text.hasPrefix("\"") ? (try? JSONText(Array("[\(text)]".utf8)))?.value.array?.first : nil
        self.init(number ?? quoted ?? .string(text))
    }
}
