import ConfigurationReader
import JSON
import Testing

/// A file is read key by key, and every mistake is told at once.
struct ConfigurationSectionTests {
    /// C02: empty, only a comment, or not quite JSON.
    @Test(arguments: [
        ("", "f.json: the file is empty; the smallest one is {}"),
        (" \n\t", "f.json: the file is empty; the smallest one is {}"),
        ("[]", "f.json: expected an object {…}, found an array"),
        ("\u{FEFF}{}", "f.json:1:3: no valid JSON: '[' or '{' expected near '\u{FEFF}'"),
        ("\u{FEFF}", "f.json:1:3: no valid JSON: '[' or '{' expected near '\u{FEFF}'"),
        ("// only a comment", "f.json:1:1: no valid JSON: '[' or '{' expected near '/'"),
        ("{\r\n\"a\": 1,\r\n\"a\": 2}", "f.json:3:3: no valid JSON: duplicate object key near '\"a\"'"),
        ("{\"a\": tru}", "f.json:1:9: no valid JSON: invalid token near 'tru'"),
    ])
    func fileIsRefused(_ text: String, _ mistake: String) {
        let text = SectionText(text)
        #expect(text.document == nil)
        #expect(text.mistakes == [mistake])
    }

    @Test(arguments: ["{}", "{\r\n}\r\n", "{ }\n\n", "{\"// note\": [1, {}]}"])
    func fileIsTaken(_ text: String) throws {
        let text = SectionText(text)
        try #require(text.document).reportUnknownKeys()
        #expect(text.mistakes.isEmpty)
    }

    @Test func everyMistakeIsToldAtOnce() throws {
        let text = SectionText(
            """
            {
              "// a comment": "is skipped",
              "Host": 1,
              "Hots": "a",
              "inner": { "intervl": "5s", "deep": { "no": 1 } },
              "list": {},
              "sub": []
            }
            """)
        let root = try #require(text.root)
        _ = root.value("Host", .text)
        let inner = try #require(root.section("inner"))
        _ = inner.value("interval", .text)
        _ = inner.section("deep")
        _ = inner.required("topic", .text)
        _ = root.list("list", of: .text)
        _ = root.section("sub")
        text.document?.reportUnknownKeys()
        #expect(
            text.mistakes == [
                "f.json:3:11: Host: expected a string, found the number 1",
                "f.json:5:12: inner: needs \"topic\": a string",
                "f.json:6:11: list: expected an array, found an object",
                "f.json:7:10: sub: expected an object {…}, found an array",
                "f.json:4:3: Hots: unknown key; did you mean \"Host\"? Known here: Host, inner, list, sub",
                "f.json:5:14: inner.intervl: unknown key; did you mean \"interval\"? Known here: deep, interval, topic",
                "f.json:5:41: inner.deep.no: unknown key; Known here: none",
            ])
        #expect(throws: ConfigurationError(text.report.mistakes)) { try text.report.finish() }
        #expect(ConfigurationError(text.report.mistakes).description == text.mistakes.joined(separator: "\n"))
    }

    @Test func keysAreComparedByTheirBytes() throws {
        let text = SectionText("{\"\u{E9}\": {\"a\": 1}, \"e\u{301}\": {\"b\": 2}}")
        let root = try #require(text.root)
        let composed = try #require(root.section("\u{E9}"))
        let decomposed = try #require(root.section("e\u{301}"))
        #expect(composed["a"] == 1 && composed["b"] == nil)
        #expect(decomposed["b"] == 2 && decomposed["a"] == nil)
        composed.allow("a")
        decomposed.allow("b")
        text.document?.reportUnknownKeys()
        #expect(text.mistakes.isEmpty)
    }

    @Test func onlyTheOneFormThatWasAskedForIsKnown() throws {
        let text = SectionText("{\"\u{E9}\": 1, \"e\u{301}\": 2}")
        try #require(text.root).allow("\u{E9}")
        text.document?.reportUnknownKeys()
        #expect(text.mistakes.count == 1)
    }

    @Test func sectionIsTheSameWheneverItIsAskedFor() throws {
        let text = SectionText("{\"a\": {\"x\": 1, \"y\": 2}}")
        let root = try #require(text.root)
        #expect(root.section("a")?.value("x", .integer(in: 0...9)) == 1)
        #expect(root.section("a")?.value("y", .integer(in: 0...9)) == 2)
        text.document?.reportUnknownKeys()
        #expect(text.mistakes.isEmpty)
    }

    @Test func sectionsAreThoseMembersThatAreObjects() throws {
        let text = SectionText("{\"b\": {}, \"//\": {}, \"a\": {}, \"c\": 1}")
        #expect(try #require(text.root).sections().map(\.name) == ["b", "a"])
        #expect(text.mistakes == ["f.json:1:35: c: expected an object {…}, found the number 1"])
    }

    @Test func ownMistakesAndWarningsHaveTheirPlaces() throws {
        let text = SectionText("{\n\"a\": {\"b\": 1}}")
        let section = try #require(text.root?.section("a"))
        section.mistake("is odd", at: "b")
        section.mistake("is odd as a whole")
        section.warning("is dear", at: "b")
        #expect(text.mistakes == ["f.json:2:12: a.b: is odd", "f.json:2:6: a: is odd as a whole"])
        #expect(text.warnings == ["f.json:2:12: a.b: is dear"])
    }

    @Test func manyKeysAreReadInTheTimeOfFew() throws {
        // Quadratic look-up would take minutes here; the time limit of the suite's runner is the only clock.
        let members = (0..<20_000).map { "\"key-\($0)\": {\"a\": 1}" }.joined(separator: ",")
        let text = SectionText("{\(members)}")
        let sections = try #require(text.root).sections()
        for (_, section) in sections { #expect(section.value("a", .integer(in: 1...1)) == 1) }
        text.document?.reportUnknownKeys()
        #expect(sections.count == 20_000)
        #expect(text.mistakes.isEmpty)
    }

    @Test func elementsOfAnArrayAreSectionsWithTheirPlaces() throws {
        let text = SectionText(
            """
            { "skipped": [[{}], "]"],
              "rules": [ { "a": 1 }, 5,
                {
                  "b": 2 }
              ], "none": [], "text": "x" }
            """)
        let root = try #require(text.root)
        root.allow("skipped")
        let sections = try #require(root.sections(in: "rules"))
        #expect(sections.map(\.position.description) == ["2:14", "3:5"])
        #expect(sections.map(\.path.description) == ["rules[0]", "rules[2]"])
        #expect(sections[0].value("a", .integer(in: 0...9)) == 1)
        #expect(sections[1].required("a", .integer(in: 0...9)) == nil)
        #expect(root.sections(in: "none")?.count == 0)
        #expect(root.sections(in: "text") == nil)
        #expect(root.sections(in: "absent") == nil)
        text.document?.reportUnknownKeys()
        #expect(
            text.mistakes == [
                "f.json:2:26: rules[1]: expected an object {…}, found the number 5",
                "f.json:3:5: rules[2]: needs \"a\": an integer from 0 to 9",
                "f.json:5:26: text: expected an array of objects, found a string",
                "f.json:4:7: rules[2].b: unknown key; Known here: a",
            ])
    }

    @Test func placesOfAThousandElementsTakeOneWalk() throws {
        let text = SectionText("{\"rules\":[" + String(repeating: "\n{},", count: 999) + "{}]}")
        let sections = try #require(text.root?.sections(in: "rules"))
        #expect(sections.map(\.position.line) == Array(2...1000) + [1000])
        #expect(sections.map { $0.position.column } == Array(repeating: 1, count: 999) + [4])
    }
}
