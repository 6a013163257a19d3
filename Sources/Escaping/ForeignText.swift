/// Text that others wrote, on its way to a person: a log, a terminal, a line of the audit.
///
/// Control characters could move the cursor, rename the window, type for the user or begin a line that nobody wrote; those
/// that turn the direction of writing could show something that is not there; and those without any width make two
/// names look like one. All of them are told here, once for everybody who shows text.
public enum ForeignText {
    /// The text with every harmful character as JSON writes it, `\u001b`; beyond U+FFFF as two of these.
    ///
    /// Inside a JSON text this changes nothing of what it says.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - kept: Harmful characters that stay all the same, such as the newlines of output on a terminal.
    /// - Returns: The text without characters that do something.
    public static func escaped(_ text: String, keeping kept: Set<Unicode.Scalar> = []) -> String {
        // Nearly every text needs nothing.
        guard mayBeHarmful(text) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if isHarmful(scalar), !kept.contains(scalar) {
                result += escape(of: scalar)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }

    /// `\u001b` for an escape character; `\udb40\udc41` for a tag character.
    public static func escape(of scalar: Unicode.Scalar) -> String {
        UTF16.encode(scalar).map { units in
            units.reduce(into: "") { text, unit in
                let number = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - number.count) + number
            }
        } ?? ""
    }

    /// Whether a text can have harmful characters at all; `false` for plain ASCII without control characters.
    public static func mayBeHarmful(_ text: String) -> Bool {
        text.utf8.contains { $0 < 0x20 || $0 >= 0x7F }
    }

    /// Whether a character does something instead of showing something.
    public static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // C0, DEL and C1.
        case 0x00...0x1F, 0x7F...0x9F: true
        // Separators of lines and paragraphs; marks, embeddings, overrides and isolates of the bidirectional algorithm.
        case 0x2028...0x202E, 0x200E...0x200F, 0x2066...0x2069, 0x061C: true
        default: isWithoutWidth(scalar.value)
        }
    }

    /// What takes no place of its own, or an empty one that is no space.
    private static func isWithoutWidth(_ value: UInt32) -> Bool {
        switch value {
        // Soft hyphen, combining joiner, fillers of Korean, vowels of Khmer that are never seen, Mongolian separator.
        case 0xAD, 0x034F, 0x115F...0x1160, 0x17B4...0x17B5, 0x180B...0x180F, 0x3164, 0xFFA0: true
        // Selectors of variants: what they change shows in few fonts, and in a name it is another name.
        case 0xFE00...0xFE0F, 0xE0100...0xE01EF: true
        // Controls of shorthand, of music and of Egyptian, and what is set aside for the like.
        case 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0x13430...0x1343F, 0xFFF0...0xFFF8, 0xE0080...0xE00FF: true
        // Spaces without width, joiners, invisible operators, forms of the past.
        case 0x200B...0x200D, 0x2060...0x2065, 0x206A...0x206F: true
        // Byte order mark, marks of annotations, invisible letters that repeat ASCII.
        case 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F: true
        default: false
        }
    }
}
