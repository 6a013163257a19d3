import Testing

@testable import JSON

/// What is JSON to us, and what is not.
struct JSONTextTests {
    /// A text that is refused, and where.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let position: String
        let words: String
        var testDescription: String { String(decoding: bytes.prefix(40), as: UTF8.self).debugDescription }

        init(_ text: String, _ position: String, _ words: String) {
            (bytes, self.position, self.words) = (Array(text.utf8), position, words)
        }

        init(_ bytes: [UInt8], _ position: String, _ words: String) {
            (self.bytes, self.position, self.words) = (bytes, position, words)
        }
    }

    @Test(arguments: [
        "{}", "[]", "[1]", " \t\r\n{} \n", "{\"a\":1}\n", "[\"\\ud83d\\ude42\"]", "[1e-400]", "[-0]",
        "[\"\u{7F}\u{FFFE}\"]",
        "[\"\u{2028}\u{202E}\u{200B}\"]", "[\"\\u0001\\u001f\"]", "[9223372036854775807,-9223372036854775808]",
    ])
    func isJSON(_ text: String) {
        #expect(throws: Never.self) { try JSONText(Array(text.utf8)) }
    }

    /// M15 to M22, M29, M30: no JSON, or not only one.
    @Test(arguments: [
        Refusal("", "1:1", "'[' or '{' expected"),
        Refusal(" \n\t ", "2:2", "'[' or '{' expected"),
        Refusal("\"x\"", "1:3", "'[' or '{' expected"),
        Refusal("1", "1:1", "'[' or '{' expected"),
        Refusal("null", "1:4", "'[' or '{' expected"),
        Refusal("{\"a\":1,\"a\":2}", "1:10", "duplicate object key near '\"a\"'"),
        Refusal("{\"service\":1,\"\\u0073ervice\":2}", "1:27", "duplicate object key"),
        Refusal("{\"x\":[{\"b\":1,\"b\":1}]}", "1:16", "duplicate object key"),
        Refusal("{} x", "1:4", "end of file expected"),
        Refusal("{}{}", "1:3", "end of file expected"),
        Refusal("{}\0", "1:3", "end of file expected"),
        Refusal("\u{FEFF}{}", "1:3", "'[' or '{' expected"),
        Refusal([0xFF, 0xFE, 0x7B, 0, 0x7D, 0], "1:1", "unable to decode byte 0xff"),
        Refusal([0, 0x7B, 0, 0x7D], "1:1", "'[' or '{' expected"),
        Refusal([0x5B, 0x22, 0xE9, 0x22, 0x5D], "1:2", "unable to decode byte 0xe9"),
        Refusal([0x5B, 0x22, 0xFF, 0x22, 0x5D], "1:2", "unable to decode byte 0xff"),
        Refusal([0x5B, 0x22, 0xC0, 0xAF, 0x22, 0x5D], "1:2", "unable to decode byte 0xc0"),
        Refusal([0x5B, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x5D], "1:2", "unable to decode byte 0xed"),
        Refusal([0x5B, 0x22, 0xC3], "1:2", "unable to decode byte 0xc3"),
        Refusal("[\"\\ud800\"]", "1:9", "invalid Unicode '\\uD800'"),
        Refusal("[\"\\u0000\"]", "1:9", "\\u0000 is not allowed without JSON_ALLOW_NUL"),
        Refusal("{\"\\u0000\":1}", "1:9", "NUL byte in object key not supported"),
        Refusal("[\"a\0b\"]", "1:3", "control character 0x0"),
        Refusal("[\"a\tb\"]", "1:3", "control character 0x9"),
        Refusal("[\"a\nb\"]", "1:3", "unexpected newline"),
        Refusal("[NaN]", "1:4", "invalid token near 'NaN'"),
        Refusal("[Infinity]", "1:9", "invalid token near 'Infinity'"),
        Refusal("[0x10]", "1:3", "']' expected near 'x'"),
        Refusal("[01]", "1:2", "invalid token near '0'"),
        Refusal("[+1]", "1:2", "invalid token near '+'"),
        Refusal("['a']", "1:2", "invalid token near '''"),
        Refusal("[1] // no", "1:5", "end of file expected"),
        Refusal("[/* no */]", "1:2", "invalid token near '/'"),
        Refusal("[1,]", "1:4", "unexpected token near ']'"),
        Refusal("{\"a\":1,}", "1:8", "string or '}' expected"),
        Refusal("[TRUE]", "1:5", "invalid token near 'TRUE'"),
        Refusal("[\u{0C}1]", "1:2", "invalid token"),
        Refusal("[1e400]", "1:6", "real number overflow"),
        Refusal("[9223372036854775808]", "1:20", "too big integer"),
        Refusal("[-9223372036854775809]", "1:21", "too big negative integer"),
        Refusal("{\n  \"é\": }", "2:9", "unexpected token near '}'"),
        Refusal("{\n  \"é\": 1\n", "2:10", "'}' expected near end of file"),
    ])
    func isNoJSON(_ row: Refusal) throws {
        let error = try #require(throws: JSONError.self) { try JSONText(row.bytes) }
        #expect(error.description.hasPrefix("\(row.position): \(row.words)"), "\(error)")
    }

    /// T25: the parser has a bound of its own.
    @Test(arguments: [(1, true), (9, true), (32, true), (33, false), (2048, false), (2049, false)])
    func depthIsBounded(_ depth: Int, _ isTaken: Bool) {
        let text =
            [UInt8](repeating: UInt8(ascii: "["), count: depth) + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
        #expect(((try? JSONText(text)) != nil) == isTaken)
        #expect(((try? JSONText(text, maximumDepth: 2048))?.value.depth == depth) == (depth <= 2048))
    }

    @Test func tooDeepNestingIsExplained() {
        let text = Array("{\"a\":{\"b\":[]}}".utf8)
        #expect(throws: JSONError(message: "nested deeper than 2 levels", position: JSONPosition(line: 1, column: 1))) {
            try JSONText(text, maximumDepth: 2)
        }
    }

    /// M28: many members and long names are taken here; tasks are bounded by their size.
    @Test func manyMembersAndLongNamesParse() throws {
        let many = "{" + (0..<100_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
        #expect(try JSONText(Array(many.utf8)).value.object?.members.count == 100_000)
        let long = String(repeating: "k", count: 1 << 20)
        #expect(try JSONText(Array("{\"\(long)\":1}".utf8)).value.object?[long] == 1)
    }

    @Test func valuesHaveTheirTypes() throws {
        let text = "[null,true,-0,1.0,1e3,1e-400,\"\\u00e9\",[],{\"b\":1,\"a\":2}]"
        let values = try #require(try JSONText(Array(text.utf8)).value.array)
        #expect(values == [.null, true, 0, .real(1), .real(1000), .real(0), "é", [], ["a": 2, "b": 1]])
        #expect(values.last?.object?.members.map(\.name) == ["b", "a"])
    }

    @Test func nulIsTakenWhereItIsAskedFor() throws {
        let value = try JSONText(Array("[\"a\\u0000b\"]".utf8), allowsNUL: true).value
        #expect(value == ["a\0b"])
        #expect(throws: JSONError.self) { try JSONText(Array("{\"\\u0000\":1}".utf8), allowsNUL: true) }
    }
}
