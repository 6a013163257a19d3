internal import Escaping

/// Foreign text on its way to a terminal: harmful characters are shown as JSON writes them, `\u001b`.
package enum TerminalText {
    /// The text without characters that do something; newline and tab stay.
    package static func escaped(_ text: String) -> String { ForeignText.escaped(text, keeping: ["\n", "\t"]) }
}
