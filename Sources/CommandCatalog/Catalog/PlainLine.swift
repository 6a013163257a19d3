/// A shell line that means the same without a shell.
///
/// Words of letters, digits and `/._-`, with single spaces between them, the first one an absolute path: nothing in it
/// is special to the shell, and the slash keeps built-in commands, functions and aliases away.
struct PlainLine {
    /// The argument vector.
    let words: [String]

    /// The words of a line, or `nil` when it needs a shell.
    init?(_ line: String) {
        guard line.utf8.first == UInt8(ascii: "/"), line.utf8.allSatisfy(Self.isPlain) else { return nil }
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard !words.contains(where: \.isEmpty) else { return nil }
        self.words = words.map(String.init)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "): true
        case UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
