internal import Escaping

/// Makes foreign text safe for a log: it stays on its line and cannot steer a terminal or turn the direction of text.
enum LogText {
    /// The text with harmful characters as escapes; backslashes are doubled.
    static func escaped(_ text: String) -> String {
        // Nearly every text needs nothing.
        guard text.unicodeScalars.contains(where: mustBeEscaped) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\\": result += "\\\\"
            case _ where mustBeEscaped(scalar): result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }

    /// The text as the value of a field: in quotes where it would not be one word.
    static func field(_ text: String) -> String {
        let isWord = !text.isEmpty && text.utf8.allSatisfy { $0 > UInt8(ascii: " ") && $0 != UInt8(ascii: "\"") }
        let safe = escaped(text)
        if isWord { return safe }
        return "\"" + safe.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"") + "\""
    }

    private static func mustBeEscaped(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\\" || ForeignText.isHarmful(scalar)
    }
}
