import Testing

@testable import RemoteExecutor

/// What is kept of a stream and how it reads.
struct CapturedOutputTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let text: String
        var testDescription: String { text.debugDescription }

        init(_ bytes: [UInt8], _ text: String) {
            (self.bytes, self.text) = (bytes, text)
        }

        init(_ written: String, _ text: String? = nil) {
            self.init(Array(written.utf8), text ?? written)
        }
    }

    private static func captured(_ bytes: [UInt8], limit: Int, chunk: Int) -> CapturedOutput {
        var output = CapturedOutput(limit: limit)
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            bytes[start..<min(start + chunk, bytes.count)].withUnsafeBytes { output.append($0) }
        }
        return output
    }

    @Test(arguments: [
        Row(""), Row("\n"), Row("\n\n"), Row("hi"), Row("hi\r\n"), Row("a\0b"), Row("\u{1B}[31mred\u{202E}\u{7}"),
        Row("grün €uro 🚒"), Row([0xFF, 0x41], "\u{FFFD}A"), Row([0xC3], "\u{FFFD}"),
        Row([0xE4, 0x20, 0xC3, 0xA4], "\u{FFFD} ä"), Row("{\"task_id\":1,\"code\":0}\n"),
    ])
    func textIsTheStreamAndWhatIsNoTextIsReplaced(_ row: Row) {
        for chunk in 1...4 {
            let output = Self.captured(row.bytes, limit: 1024, chunk: chunk)
            #expect(Array(output.text().utf8) == Array(row.text.utf8))
            #expect(output.count == row.bytes.count)
        }
    }

    @Test(arguments: [
        ("", ""), ("\n", ""), ("\n\n", "\n"), ("hi", "hi"), ("hi\n", "hi"), ("hi\r\n", "hi\r"), ("a\nb\n", "a\nb"),
    ])
    func messageLacksOneFinalNewline(written: String, message: String) {
        let output = Self.captured(Array(written.utf8), limit: 100, chunk: 3)
        #expect(Array(output.message.utf8) == Array(message.utf8))
    }

    @Test(arguments: [
        (10, Row("0123456789")),
        (10, Row("0123456789A", "01234\n[... 1 bytes omitted ...]\n6789A")),
        (10, Row("0123\n5678\nABCD", "0123\n[... 4 bytes omitted ...]\n\nABCD")),
        (9, Row("0123456789A", "0123\n[... 2 bytes omitted ...]\n6789A")),
        (0, Row("0123", "[... 4 bytes omitted ...]\n")),
        (1, Row("0123", "[... 3 bytes omitted ...]\n3")),
        (8, Row("012ä5678ö", "012\n[... 4 bytes omitted ...]\n78ö")),
        (8, Row("01234567€9", "0123\n[... 4 bytes omitted ...]\n€9")),
        (8, Row("01€4567€", "01\n[... 6 bytes omitted ...]\n7€")),
        (8, Row("0🚒45678🚒", "0\n[... 9 bytes omitted ...]\n🚒")),
        (8, Row("01234567🚒9", "0123\n[... 8 bytes omitted ...]\n9")),
        (
            8,
            Row(
                [0x80, 0x80, 0x80, 0x80, 0x41, 0x80, 0x80, 0x80, 0x80, 0x42],
                "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\n[... 5 bytes omitted ...]\nB")
        ),
    ])
    func middleIsCutBetweenCharacters(limit: Int, row: Row) {
        for chunk in 1...12 {
            #expect(Self.captured(row.bytes, limit: limit, chunk: chunk).text() == row.text)
        }
    }

    @Test(arguments: [1, 2, 7, 16, 100], [1, 3, 64, 1000])
    func headAndTailAreThoseOfTheStream(limit: Int, chunk: Int) {
        for length in [0, 1, limit - 1, limit, limit + 1, 3 * limit + 1, 2000] {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let output = Self.captured(bytes, limit: limit, chunk: chunk)
            #expect(output.count == length)
            #expect(output.firstBytes == Array(bytes.prefix(limit / 2)))
            #expect(output.lastBytes == Array(bytes.dropFirst(limit / 2).suffix(limit - limit / 2)))
            #expect(output.omitted == max(0, length - limit))
            #expect(output == Self.captured(bytes, limit: limit, chunk: 5))
        }
    }
}
