internal import Glibc

/// A POSIX extended regular expression (IEEE Std 1003.1, section 9.4) without back-references.
///
/// Without them glibc matches in time linear in the value. It matches bytes, as the "C" locale has them.
final class PosixPattern: Sendable {
    /// The expression as written.
    let text: String

    // Compiled once in the initializer and then only read, by regexec(3), which is documented as thread-safe. On the heap,
    // so that no call needs exclusive access to it.
    private nonisolated(unsafe) let expression: UnsafeMutablePointer<regex_t>

    /// Compiles an expression.
    ///
    /// - Throws: What is wrong with it, in glibc's words.
    init(_ text: String) throws(PatternError) {
        guard !Self.hasBackReference(text) else { throw PatternError(reason: "back-references are not supported") }
        self.text = text
        expression = .allocate(capacity: 1)
        expression.initialize(to: regex_t())
        // From here on the deinitializer frees both, also when an error is thrown.
        let code = regcomp(expression, text, REG_EXTENDED)
        guard code == 0 else { throw PatternError(code, expression) }
    }

    deinit {
        regfree(expression)
        expression.deallocate()
    }

    /// Whether the whole value matches: POSIX takes the leftmost and there the longest match, so if the whole value is a
    /// match, it is the one that is found.
    func matches(_ value: String) -> Bool {
        var match = regmatch_t()
        guard regexec(expression, value, 1, &match, 0) == 0 else { return false }
        return match.rm_so == 0 && Int(match.rm_eo) == value.utf8.count
    }

    private static func hasBackReference(_ text: String) -> Bool {
        var isEscaped = false
        for byte in text.utf8 {
            if isEscaped, (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(byte) { return true }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        }
        return false
    }
}

extension PosixPattern: Equatable {
    static func == (left: PosixPattern, right: PosixPattern) -> Bool { left.text == right.text }
}

/// Why a text is no pattern.
struct PatternError: Error {
    let reason: String
}

extension PatternError {
    fileprivate init(_ code: Int32, _ expression: UnsafePointer<regex_t>) {
        var buffer = [CChar](repeating: 0, count: 128)
        regerror(code, expression, &buffer, buffer.count)
        reason = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
