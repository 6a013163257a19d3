extension RunOutput {
    /// The stream as text.
    ///
    /// What is not UTF-8 is replaced by U+FFFD; NUL and all other control characters stay. When the middle was not
    /// kept, a line of its own says in its place how much is missing, as in `[... 1048576 bytes omitted ...]`; a
    /// character that the cut went through is missing as a whole.
    func text() -> String {
        guard omitted > 0 else { return String(decoding: firstBytes + lastBytes, as: UTF8.self) }
        let head = firstBytes.dropLast(Self.incompleteSuffix(of: firstBytes))
        let tail = lastBytes.dropFirst(Self.continuationPrefix(of: lastBytes))
        let missing = count - head.count - tail.count
        var text = String(decoding: head, as: UTF8.self)
        if let last = head.last, last != UInt8(ascii: "\n") {
            text += "\n"
        }
        text += "[... \(missing) bytes omitted ...]\n"
        text += String(decoding: tail, as: UTF8.self)
        return text
    }

    /// The stream as the `message` of a result: its ``text()`` without the final newline, if it ends in one.
    ///
    /// One newline only; a carriage return before it stays.
    var message: String {
        var text = text()
        if text.utf8.last == UInt8(ascii: "\n") {
            text.unicodeScalars.removeLast()
        }
        return text
    }

    /// How many bytes at the end are the beginning of a character that is not complete.
    static func incompleteSuffix(of bytes: [UInt8]) -> Int {
        for (distance, byte) in bytes.reversed().prefix(3).enumerated() where byte & 0b1100_0000 != 0b1000_0000 {
            let length =
                switch byte {
                case 0b1100_0000...0b1101_1111: 2
                case 0b1110_0000...0b1110_1111: 3
                case 0b1111_0000...0b1111_0111: 4
                default: 1
                }
            return length > distance + 1 ? distance + 1 : 0
        }
        return 0
    }

    /// How many bytes at the beginning are the end of a character that began before.
    private static func continuationPrefix(of bytes: [UInt8]) -> Int {
        // A character has at most three such bytes; a fourth is not text anyway.
        bytes.prefix(3).prefix { $0 & 0b1100_0000 == 0b1000_0000 }.count
    }
}
