/// Foreign text on its way to a terminal.
///
/// Control characters could move the cursor, rename the window or type for the user, and those that turn the direction
/// of writing could show something that is not there; they are shown as JSON writes them: `\u001b`. Newline and tab stay.
package enum TerminalText {
    /// The text without characters that do something.
    package static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHarmful) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if isHarmful(scalar) {
                let number = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - number.count) + number
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }

    /// All of them have at most four hexadecimal digits.
    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: false
        case 0x00...0x1F, 0x7F...0x9F: true
        // Marks, embeddings, overrides and isolates of the bidirectional algorithm; separators of lines and paragraphs.
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
