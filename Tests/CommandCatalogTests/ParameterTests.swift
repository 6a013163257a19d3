import CommandCatalog
import JSON
import Testing

/// A parameter takes what the catalog says, and nothing else reaches a process.
struct ParameterTests {
    /// A parameter `p`, a value, and the argument or the reason of the refusal.
    struct Row: Sendable, CustomTestStringConvertible {
        let definition: String
        let value: JSONValue
        let outcome: String
        var testDescription: String { "\(definition) \(value.text.prefix(60))" }

        init(_ definition: String, _ value: JSONValue, _ outcome: String) {
            (self.definition, self.value, self.outcome) = (definition, value, outcome)
        }
    }

    private static func catalog(
        _ definition: String, program: String = "[\"/bin/x\", \"{p}\"]"
    ) throws -> CommandCatalog {
        try CatalogFile.catalog(
            commands: "\"c\": {\"program\": \(program), \"parameters\": {\"p\": {\(definition)}}}")
    }

    private static let string = "\"type\": \"string\", \"pattern\": "
    private static let any = string + "\".*\""
    private static let port = "\"type\": \"integer\", \"range\": [-5, 65535]"
    private static let level = "\"type\": \"enumeration\", \"values\": [\"low\", \"-high\", \"\u{E9}\"]"
    private static let flag = "\"type\": \"boolean\""

    private static let taken: [Row] = [
        Row(any, "", ""), Row(any, "{p} {{ $(x) `y` ; | * \"'\\", "{p} {{ $(x) `y` ; | * \"'\\"),
        Row(any, "a-b", "a-b"),
        Row(any, "\u{2028}\u{202E}🙂", "\u{2028}\u{202E}🙂"), Row(any + ", \"option\": true", "-rf", "-rf"),
        Row(string + "\"a|ab\"", "ab", "ab"), Row(string + "\"a|ab\"", "a", "a"), Row(string + "\"ab|a\"", "a", "a"),
        Row(string + "\"^a$\"", "a", "a"), Row(string + "\"x*|(xy|x)(yz|z)*\"", "xyz", "xyz"),
        Row(string + "\"[0-9]{1,3}\"", "123", "123"), Row(string + "\"..\"", "\u{E9}", "\u{E9}"),
        Row(string + "\"[[:alpha:]_]+\"", "aZ_", "aZ_"),
        Row(
            string + "\".*\", \"length\": 4096", .string(String(repeating: "a", count: 4096)),
            String(repeating: "a", count: 4096)),
        Row(port, 0, "0"), Row(port, "0", "0"), Row(port, 65535, "65535"), Row(port, "65535", "65535"),
        Row(port + ", \"option\": true", -5, "-5"), Row(port + ", \"option\": true", "-5", "-5"),
        Row("\"type\": \"integer\"", .integer(.max), "9223372036854775807"),
        Row("\"type\": \"integer\"", "9223372036854775807", "9223372036854775807"),
        Row(level, "low", "low"), Row(level, "-high", "-high"), Row(level, "\u{E9}", "\u{E9}"),
        Row(flag, true, "true"), Row(flag, "false", "false"),
    ]

    @Test(arguments: taken)
    func valueIsTaken(_ row: Row) throws {
        let arguments = try Self.catalog(row.definition).arguments([("p", row.value)])
        #expect(arguments.map { Array($0.utf8) } == [Array("/bin/x".utf8), Array(row.outcome.utf8)])
    }

    private static let anyExpected = "expected a string of at most 256 bytes that matches .*"
    private static let portExpected = "expected an integer from -5 to 65535"
    private static let noOption = "may not begin with \"-\", because it begins an argument"
    private static let refused: [Row] = [
        Row(any, "-rf", noOption), Row(any, "--", noOption), Row(any, "-", noOption), Row(port, -5, noOption),
        Row(any, 1, anyExpected + ", found the number 1"), Row(any, .null, anyExpected + ", found null"),
        Row(any, ["a"], anyExpected + ", found an array"), Row(any, ["a": 1], anyExpected + ", found an object"),
        Row(any, "a\nb", anyExpected + ", found a string"), Row(any, "a\n", anyExpected + ", found a string"),
        Row(any, "a\0b", anyExpected + ", found a string"), Row(any, "\u{7F}", anyExpected + ", found a string"),
        Row(any, "\t", anyExpected + ", found a string"),
        Row(any, .string(String(repeating: "a", count: 257)), anyExpected + ", found a string"),
        Row(any, .string(String(repeating: "é", count: 129)), anyExpected + ", found a string"),
        Row(any, .string(String(repeating: "a", count: 1 << 20)), anyExpected + ", found a string"),
        Row(string + "\"a|ab\"", "abb", "expected a string of at most 256 bytes that matches a|ab, found a string"),
        Row(string + "\"a\"", "ba", "expected a string of at most 256 bytes that matches a, found a string"),
        Row(string + "\"a\"", "", "expected a string of at most 256 bytes that matches a, found an empty string"),
        Row(string + "\"^a|b$\"", "ab", "expected a string of at most 256 bytes that matches ^a|b$, found a string"),
        Row(string + "\".\"", "\u{E9}", "expected a string of at most 256 bytes that matches ., found a string"),
        Row(
            string + "\"\u{E9}\"", "e\u{301}",
            "expected a string of at most 256 bytes that matches \u{E9}, found a string"),
        Row(port, "+1", portExpected + ", found a string"), Row(port, "01", portExpected + ", found a string"),
        Row(port, "-0", portExpected + ", found a string"), Row(port, "", portExpected + ", found an empty string"),
        Row(port, " 1", portExpected + ", found a string"), Row(port, "0x1", portExpected + ", found a string"),
        Row(port, "١", portExpected + ", found a string"), Row(port, 65536, portExpected + ", found the number 65536"),
        Row(port, "65536", portExpected + ", found a string"),
        Row(port, .real(1), portExpected + ", found the number 1.0"),
        Row(port, "9223372036854775808", portExpected + ", found a string"),
        Row(port, true, portExpected + ", found true"),
        Row(level, "LOW", "expected one of low, -high, \u{E9}, found a string"),
        Row(level, "e\u{301}", "expected one of low, -high, \u{E9}, found a string"),
        Row(flag, "True", "expected true or false, found a string"),
        Row(flag, 1, "expected true or false, found the number 1"),
        Row(flag, "", "expected true or false, found an empty string"),
    ]

    /// T7, M59: what does not match is no value.
    @Test(arguments: refused)
    func valueIsRefused(_ row: Row) throws {
        let catalog = try Self.catalog(row.definition)
        let error = CatalogError.parameters("parameters: p: \(row.outcome)")
        #expect(throws: error) { try catalog.arguments([("p", row.value)]) }
        #expect(error.code == .malformed)
    }

    @Test(arguments: [
        ("", "needs \"p\""), (", \"default\": \"d\"", "d"), (", \"default\": \"-d\"", "-d"),
        (", \"required\": false", ""),
        (", \"required\": false, \"default\": \"d\"", "d"), (", \"required\": true, \"default\": \"d\"", "d"),
    ])
    func valueThatIsLeftOutIsTheDefault(_ rest: String, _ outcome: String) throws {
        let catalog = try Self.catalog(Self.any + rest, program: "[\"/bin/x\", \"{p}\", \"a{p}b\"]")
        for parameters in [nil, []] as [[(String, JSONValue)]?] {
            switch outcome {
            case "needs \"p\"":
                #expect(throws: CatalogError.parameters("parameters: \(outcome)")) { try catalog.arguments(parameters) }
            case "": #expect(try catalog.arguments(parameters) == ["/bin/x", "ab"])
            default: #expect(try catalog.arguments(parameters) == ["/bin/x", outcome, "a\(outcome)b"])
            }
        }
    }

    /// T8: no value becomes an option.
    @Test(arguments: [
        ("\"-{p}\"", "-rf", "--rf"), ("\"a{p}\"", "-", "a-"), ("\"{q}{p}\"", "x", "x"), ("\"{p}-f\"", "x", "x-f"),
    ])
    func valueWithinAnElementIsNoOption(_ element: String, _ value: String, _ argument: String) throws {
        let catalog = try CatalogFile.catalog(
            commands: """
                "c": {"program": ["/bin/x", \(element)], "parameters": {"p": {\(Self.any)},
                "q": {\(Self.any), "required": false}}}
                """)
        #expect(try catalog.arguments([("p", .string(value))]) == ["/bin/x", argument])
    }

    @Test(arguments: [
        ("\"{q}{p}\"", ["p": "-x", "q": ""], "p: \(noOption)"), ("\"{q}{p}\"", ["p": "-x"], "p: \(noOption)"),
        ("\"{q}{p}-f\"", ["p": "", "q": ""], "q: may not be empty, because a \"-\" follows it"),
        ("\"{q}-f{p}\"", ["p": ""], "q: may not be empty, because a \"-\" follows it"),
    ])
    func emptyValueMakesNoOptionOfWhatFollows(_ element: String, _ values: [String: String], _ reason: String) throws {
        let catalog = try CatalogFile.catalog(
            commands: """
                "c": {"program": ["/bin/x", \(element)], "parameters": {"p": {\(Self.any)},
                "q": {\(Self.any), "required": false}}}
                """)
        #expect(throws: CatalogError.parameters("parameters: \(reason)")) {
            try catalog.arguments(values.map { ($0.key, .string($0.value)) })
        }
    }

    @Test func unknownAndUnwantedParametersAreRefused() throws {
        let catalog = try CatalogFile.catalog(
            commands: """
                "c": {"program": ["/bin/x", "{p}"], "parameters": {"p": {\(Self.flag)}, "q": {\(Self.flag), "default": true}}},
                "none": {"program": ["/bin/x"]}, "line": "/bin/x"
                """)
        #expect(throws: CatalogError.parameters("parameters: unknown \"P\"; this command takes: p, q")) {
            try catalog.arguments([("p", true), ("P", true)])
        }
        for command in ["none", "line"] {
            #expect(throws: CatalogError.parameters("parameters: this command takes none")) {
                try catalog.command("s", command, [])
            }
        }
        #expect(
            CatalogError.parameters("parameters: this command takes none").message
                == "Malformed task: parameters: this command takes none")
    }

    @Test(arguments: [
        (
            "\"type\": \"text\"",
            "type: expected one of \"string\", \"integer\", \"enumeration\", \"boolean\", found \"text\""
        ),
        ("", ": needs \"type\": one of \"string\", \"integer\", \"enumeration\", \"boolean\""),
        ("\"type\": \"string\"", ": needs \"pattern\": a POSIX extended regular expression"),
        (string + "\"(\"", "pattern: expected a POSIX extended regular expression: Unmatched ( or \\("),
        (string + "\"a)|(b\"", "pattern: expected a POSIX extended regular expression: Unmatched ( or \\("),
        (string + "\"[\"", "pattern: expected a POSIX extended regular expression: Invalid regular expression"),
        (string + "\"a{2,1}\"", "pattern: expected a POSIX extended regular expression: Invalid content of \\{\\}"),
        (
            string + "\"(a)\\\\1\"",
            "pattern: expected a POSIX extended regular expression: back-references are not supported"
        ),
        (string + "\".\", \"length\": 0", "length: expected an integer from 1 to 4096, found the number 0"),
        (string + "\".\", \"length\": 4097", "length: expected an integer from 1 to 4096, found the number 4097"),
        (
            string + "\"a\", \"default\": \"b\"",
            "default: expected a string of at most 256 bytes that matches a, found a string"
        ),
        (
            "\"type\": \"integer\", \"range\": [2, 1]",
            "range: expected the least and the greatest integer, such as [1, 65535], found an array"
        ),
        (
            "\"type\": \"integer\", \"range\": [1, 2], \"default\": 3",
            "default: expected an integer from 1 to 2, found the number 3"
        ),
        ("\"type\": \"enumeration\"", ": needs \"values\": an array of strings that are not empty"),
        (
            "\"type\": \"enumeration\", \"values\": []",
            "values: expected an array of strings that are not empty, found an array"
        ),
        ("\"type\": \"boolean\", \"default\": null", "default: expected true or false, found null"),
        ("\"type\": \"boolean\", \"required\": 1", "required: expected true or false, found the number 1"),
        (
            "\"type\": \"boolean\", \"pattern\": \"a\"",
            "pattern: unknown key; Known here: default, description, option, required, secret, type"
        ),
    ])
    func isNoDefinition(_ definition: String, _ message: String) throws {
        let mistakes = try CatalogFile.mistakes(
            ofCommand: "{\"program\": [\"/bin/x\", \"a\"], \"parameters\": {\"p\": {\(definition)}}}")
        let dot = message.hasPrefix(":") ? "" : "."
        #expect(mistakes == ["Services.s.commands.c.parameters.p\(dot)\(message)"])
    }

    @Test func escapedBackslashIsNoBackReference() throws {
        #expect(try Self.catalog(Self.string + "\"a\\\\\\\\1\"").arguments([("p", "a\\1")]) == ["/bin/x", "a\\1"])
    }
}
