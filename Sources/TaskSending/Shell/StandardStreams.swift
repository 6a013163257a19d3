import Glibc
import ProgramOptions

/// Standard input, output and error of this process.
enum StandardStreams {
    /// Whether standard output is a terminal.
    static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// What we are called by whoever started us.
    private static let programName: String = {
        let path = CommandLine.arguments.first ?? ""
        return path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }()

    /// Writes to standard output.
    ///
    /// - Returns: Whether all was written; not, when nobody reads it any more.
    static func print(_ text: String) -> Bool { write(text, to: STDOUT_FILENO) }

    /// Writes to standard error, each line under our name.
    ///
    /// That nobody reads it is nobody's concern.
    static func complain(_ text: String) {
        let shown = isatty(STDERR_FILENO) == 1 ? TerminalText.escaped(text) : text
        let lines = shown.split(separator: "\n", omittingEmptySubsequences: false)
        _ = write(lines.map { "\(programName): \($0)\n" }.joined(), to: STDERR_FILENO)
    }

    /// Writes foreign text to standard error, as it is unless that is a terminal.
    static func passOn(_ text: String) {
        _ = write(isatty(STDERR_FILENO) == 1 ? TerminalText.escaped(text) : text, to: STDERR_FILENO)
    }

    /// Writes to standard error as it is.
    static func printError(_ text: String) { _ = write(text, to: STDERR_FILENO) }

    /// Writes bytes to standard output as they are.
    ///
    /// - Returns: Whether all was written; not, when nobody reads it any more.
    static func print(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { write($0, to: STDOUT_FILENO) } }

    private static func write(_ text: String, to descriptor: CInt) -> Bool {
        var text = text
        return text.withUTF8 { write(UnsafeRawBufferPointer($0), to: descriptor) }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> Bool {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(descriptor, start, rest.count)
            if count > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            } else if !canTryAgain(descriptor) {
                return false
            }
        }
        return true
    }

    /// Whether a write that failed is worth another attempt; waits for room where another process made the
    /// descriptor non-blocking.
    private static func canTryAgain(_ descriptor: CInt) -> Bool {
        switch errno {
        case EINTR: return true
        case EAGAIN:
            var set = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            return poll(&set, 1, -1) >= 0 || errno == EINTR
        default: return false
        }
    }
}
