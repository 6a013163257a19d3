import Glibc

/// Where everything goes that is not what was asked for.
struct StandardError: TextOutputStream {
    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            // If standard error takes nothing, there is nobody to tell.
            _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }

    /// Prints a line.
    static func print(_ text: String) {
        var stream = StandardError()
        Swift.print(text, to: &stream)
    }
}
