import Glibc
import JSON
import ProgramOptions

/// Standard output and error.
enum Output {
    /// Whether standard output is a terminal, where foreign text could do harm.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Prints a report.
    static func print(_ report: Report, as format: Format) {
        let text = report.text(format)
        write(isTerminal ? TerminalText.escaped(text) : text, to: STDOUT_FILENO)
    }

    /// Prints foreign text, with a newline at its end.
    static func print(plain text: String) {
        let line = text.hasSuffix("\n") ? text : text + "\n"
        write(isTerminal ? TerminalText.escaped(line) : line, to: STDOUT_FILENO)
    }

    /// Prints text of our own, such as what clears a screen.
    static func printControl(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Prints text that holds nothing harmful; `false` when nobody reads it any more.
    static func printText(_ text: String) -> Bool { write(text, to: STDOUT_FILENO) }

    /// Writes to standard error, each line under our name.
    static func complain(_ text: String) {
        let shown = isatty(STDERR_FILENO) == 1 ? TerminalText.escaped(text) : text
        let lines = shown.split(separator: "\n", omittingEmptySubsequences: false)
        write(lines.map { "recoverctl: \($0)\n" }.joined(), to: STDERR_FILENO)
    }

    /// Writes all of it; `false` when nobody reads it any more, which is the concern only of those who have much more of it.
    ///
    /// A disk that is full ends us, so that half an answer is not taken for one.
    @discardableResult
    private static func write(_ text: String, to descriptor: CInt) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while let start = rest.baseAddress, !rest.isEmpty {
                let count = Glibc.write(descriptor, start, rest.count)
                if count > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
                } else if errno != EINTR {
                    guard descriptor == STDOUT_FILENO, errno != EPIPE else { return false }
                    complain("the output cannot be written: \(String(cString: strerror(errno)))")
                    exit(ProgramStatus.outputLost.rawValue)
                }
            }
            return true
        }
    }
}
