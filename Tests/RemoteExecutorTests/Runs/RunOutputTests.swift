import TestSupport
import Testing

@testable import RemoteExecutor

/// What is kept of a stream and how it reads.
@Suite(.crowd)
struct RunOutputTests {
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

    /// O01, O02: bytes that are no text.
    @Test(arguments: [
        Row(""), Row("\n"), Row("\n\n"), Row("hi"), Row("hi\r\n"), Row("a\0b"), Row("\u{1B}[31mred\u{202E}\u{7}"),
        Row("grün €uro 🚒"), Row([0xFF, 0x41], "\u{FFFD}A"), Row([0xC3], "\u{FFFD}"),
        Row([0xE4, 0x20, 0xC3, 0xA4], "\u{FFFD} ä"), Row("{\"task_id\":1,\"code\":0}\n"),
    ])
    func textIsTheStreamAndWhatIsNoTextIsReplaced(_ row: Row) {
        let output = RunOutput(row.bytes, limit: 1024)
        #expect(Array(output.text().utf8) == Array(row.text.utf8))
        #expect(output.count == row.bytes.count)
        #expect(output.fetchable == row.bytes.count)
    }

    @Test(arguments: [
        ("", ""), ("\n", ""), ("\n\n", "\n"), ("hi", "hi"), ("hi\n", "hi"), ("hi\r\n", "hi\r"), ("a\nb\n", "a\nb"),
    ])
    func messageLacksOneFinalNewline(written: String, message: String) {
        let output = RunOutput(Array(written.utf8), limit: 100)
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
        #expect(RunOutput(row.bytes, limit: limit).text() == row.text)
    }

    @Test(arguments: [0, 1, 2, 7, 16, 100])
    func headAndTailAreThoseOfTheStream(limit: Int) {
        for length in Set([0, 1, max(0, limit - 1), limit, limit + 1, 3 * limit + 1, 2000]) {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let output = RunOutput(bytes, limit: limit)
            #expect(output.count == length)
            #expect(output.omitted == max(0, length - limit))
            #expect(output.kept == min(length, limit))
            if length > limit {
                #expect(output.firstBytes == Array(bytes.prefix(limit / 2)))
                #expect(output.lastBytes == Array(bytes.suffix(limit - limit / 2)))
                #expect(output.fetchable == limit / 2)
            } else {
                #expect(output.firstBytes == bytes)
            }
        }
    }
}
