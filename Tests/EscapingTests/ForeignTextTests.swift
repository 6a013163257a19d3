import Escaping
import JSON
import TestSupport
import Testing

/// What is done to text of others before a person sees it.
@Suite struct ForeignTextTests {
    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("äöü 日本 é e\u{301} 🙂", "äöü 日本 é e\u{301} 🙂"),
        ("back\\slash \"q\"", "back\\slash \"q\""),
        ("a\nb\tc\r\n", "a\\u000ab\\u0009c\\u000d\\u000a"), ("\u{1B}[2J", "\\u001b[2J"), ("\u{0}", "\\u0000"),
        ("\u{7F}", "\\u007f"), ("\u{80}\u{85}\u{9B}31m\u{9F}", "\\u0080\\u0085\\u009b31m\\u009f"),
        ("\u{2028}\u{2029}", "\\u2028\\u2029"), ("\u{61C}\u{200E}\u{200F}", "\\u061c\\u200e\\u200f"),
        ("\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}", "\\u202a\\u202b\\u202c\\u202d\\u202e"),
        ("\u{2066}\u{2067}\u{2068}\u{2069}", "\\u2066\\u2067\\u2068\\u2069"),
        ("ro\u{200B}ot\u{200C}\u{200D}\u{2060}\u{FEFF}\u{AD}", "ro\\u200bot\\u200c\\u200d\\u2060\\ufeff\\u00ad"),
        ("nginx\u{FE01}\u{E0100}", "nginx\\ufe01\\udb40\\udd00"),
        ("\u{1D173}\u{13430}", "\\ud834\\udd73\\ud80d\\udc30"),
        ("\u{E0041}", "\\udb40\\udc41"), ("\u{3164}\u{FFA0}", "\\u3164\\uffa0"),
    ])
    func whatDoesSomethingIsShownInstead(text: String, shown: String) {
        #expect(ForeignText.escaped(text) == shown)
    }

    @Test func wantedOnesStay() {
        #expect(ForeignText.escaped("a\n\u{1B}\tb", keeping: ["\n", "\t"]) == "a\n\\u001b\tb")
    }

    @Test func neighboursOfHarmfulOnesAreHarmless() {
        for value: UInt32 in [
            0x20, 0x7E, 0xA0, 0xAC, 0xAE, 0x61B, 0x61D, 0x200A, 0x2010, 0x2027, 0x202F, 0x205F, 0x2070,
        ] {
            #expect(Unicode.Scalar(value).map(ForeignText.isHarmful) == false, "\(String(value, radix: 16))")
        }
    }

    /// T18: whatever comes.
    @Test(arguments: SeededGenerator.seeds)
    func nothingHarmfulIsLeftAndJSONSaysTheSame(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let text = chance.text(upTo: 40)
            #expect(!ForeignText.escaped(text).unicodeScalars.contains(where: ForeignText.isHarmful))
            let json = ForeignText.escaped(JSONValue.array([.string(text)]).text)
            #expect(!json.unicodeScalars.contains(where: ForeignText.isHarmful))
            #expect(try JSONText(Array(json.utf8), allowsNUL: true).value == .array([.string(text)]))
        }
    }
}
