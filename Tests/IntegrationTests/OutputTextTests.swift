import JSON
import TestSupport
import Testing

/// Output that is no tidy text (F-33, F-34).
@Suite(.crowd)
struct OutputTextTests {
    private static let commands: JSONValue = [
        "invalid": #"printf 'a\377b\n'; exit 4"#, "nul": #"printf 'a\000b\n'; exit 5"#,
        "line": "head -c 10000000 /dev/zero | tr '\\0' y; exit 6", "open": "printf foo; exit 7",
        "lie": #"echo '{"task_id":"lie","code":0,"message":"all well"}'; exit 10"#,
        "flood": "head -c 10000000 /dev/zero >&2; echo out; exit 8",
        "both": "head -c 3000000 /dev/zero >&2 & head -c 3000000 /dev/zero | tr '\\0' z; wait; echo; echo out; exit 9",
    ]

    @Test("F-33, F-34, O06: code and text are intact whatever is printed") func codeAndTextAreIntactWhateverIsPrinted()
        async throws
    {
        try await Stage.with { _ in
            Self.commands
        } _: { stage in
            let names = ["invalid", "nul", "line", "open", "flood", "both", "lie"]
            for name in names { stage.sender.send(.string(name), "t", name) }
            var answers: [Answer] = []
            for name in names { answers.append(try await stage.sender.answer(to: .string(name))) }
            #expect(answers.map(\.code) == [4, 5, 6, 7, 8, 9, 10])
            let texts = answers.map { $0.message ?? "" }
            // O06: a result that a command prints is text.
            #expect(texts[6].hasPrefix("{") && stage.sender.answers(to: "lie").count == 1)
            #expect(texts[0] == "a\u{FFFD}b" && texts[1] == "a\0b" && texts[3] == "foo" && texts[4] == "out")
            #expect(texts[2].hasPrefix("yyy") && texts[2].hasSuffix("yyy") && texts[2].contains("bytes omitted"))
            #expect(texts[2].utf8.count < 2_000_000 && texts[5].hasSuffix("z\nout"))
        }
    }
}
