import JSON
import TestSupport
import Testing

/// What we write is what was meant.
struct JSONWriterTests {
    @Test(arguments: SeededGenerator.seeds)
    func everyValueComesBack(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let value: JSONValue = [chance.json(depth: 6), .string(chance.text() + "\0" + chance.text())]
            let text = try JSONText(value.bytes, allowsNUL: true)
            #expect(text.value == value)
            #expect(text.value.bytes == value.bytes, "the order of members is kept")
        }
    }

    private static let texts: [(JSONValue, String)] = [
        (JSONValue.null, "null"), (true, "true"), (.integer(.min), "-9223372036854775808"), (.real(1), "1.0"),
        (.real(.nan), "null"), (.real(-.infinity), "null"), ("", "\"\""), (["": ""], "{\"\":\"\"}"),
        ("a\0b", "\"a\\u0000b\""), ("\u{1}\t\n\"\\/", "\"\\u0001\\t\\n\\\"\\\\/\""), ("é🙂", "\"é🙂\""),
        (["b": 1, "a": [[], [:]]], "{\"b\":1,\"a\":[[],{}]}"),
    ]

    @Test(arguments: texts)
    func valueIsWritten(_ value: JSONValue, _ text: String) {
        #expect(value.text == text)
    }

    @Test func namesAndStringsAreComparedByTheirBytes() {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        let object = JSONObject([(composed, 1), (decomposed, 2)])
        #expect(object.members.count == 2)
        #expect(object[composed] == 1 && object[decomposed] == 2)
        #expect(JSONValue.string(composed) != .string(decomposed))
        #expect(JSONPath().member(composed) != JSONPath().member(decomposed))
    }

    @Test func lastOfTwoValuesStandsInThePlaceOfTheFirst() {
        var object = JSONObject([("a", 1), ("b", 2), ("a", 3)])
        #expect(JSONValue.object(object).text == "{\"a\":3,\"b\":2}")
        #expect(JSONValue.object(object).indentedText == "{\n  \"a\": 3,\n  \"b\": 2\n}\n")
        object["a"] = nil
        object["c"] = nil
        #expect(JSONValue.object(object).text == "{\"b\":2}")
    }

    @Test(arguments: [
        (JSONPath(), ""), (JSONPath().member("Services").member("a b").member("x-1"), "Services[\"a b\"].x-1"),
        (JSONPath().member("program").element(0), "program[0]"), (JSONPath().member("a.b"), "[\"a.b\"]"),
        (JSONPath().member("").member("é\n"), "[\"\"][\"é\\n\"]"),
    ])
    func pathIsReadable(_ path: JSONPath, _ text: String) {
        #expect(path.description == text)
    }
}
