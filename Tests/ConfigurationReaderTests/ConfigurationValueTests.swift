import ConfigurationReader
import JSON
import Testing

/// Each kind of value takes what it says, and explains what it does not take.
struct ConfigurationValueTests {
    /// A value and what is made of it, or the message.
    struct Row: Sendable, CustomTestStringConvertible {
        let kind: Kind
        let value: String
        let outcome: String
        var testDescription: String { "\(kind) \(value)" }

        init(_ kind: Kind, _ value: String, _ outcome: String) {
            (self.kind, self.value, self.outcome) = (kind, value, outcome)
        }
    }

    enum Kind: Sendable {
        case text, nonEmpty, path, bool, integer, duration, choice

        /// What a section makes of `k`, as text.
        func read(_ section: ConfigurationSection) -> String? {
            switch self {
            case .text: section.value("k", .text)
            case .nonEmpty: section.value("k", .nonEmptyText)
            case .path: section.value("k", .absolutePath)
            case .bool: section.value("k", .bool).map { "\($0)" }
            case .integer: section.value("k", .integer(in: -3...12)).map { "\($0)" }
            case .duration: section.value("k", .duration(in: .seconds(1)...(.seconds(60)))).map { "\($0)" }
            case .choice: section.value("k", .choice([("info", 1), ("debug", 2)])).map { "\($0)" }
            }
        }
    }

    @Test(arguments: [
        Row(.text, "\"\"", ""), Row(.text, "\"é\"", "é"),
        Row(.nonEmpty, "\" \"", " "), Row(.path, "\"/\"", "/"), Row(.path, "\"/a b\"", "/a b"),
        Row(.bool, "true", "true"), Row(.bool, "false", "false"),
        Row(.integer, "-3", "-3"), Row(.integer, "12", "12"), Row(.integer, "-0", "0"),
        Row(.duration, "\"1s\"", "1.0 seconds"), Row(.duration, "\"1m\"", "60.0 seconds"),
        Row(.duration, "\"1500ms\"", "1.5 seconds"),
        Row(.choice, "\"debug\"", "2"),
    ])
    func isTaken(_ row: Row) throws {
        let text = SectionText("{\"k\":\(row.value)}")
        #expect(try row.kind.read(#require(text.root)) == row.outcome)
        #expect(text.mistakes.isEmpty)
    }

    @Test(arguments: [
        Row(.text, "1", "expected a string, found the number 1"),
        Row(.text, "1.5", "expected a string, found the number 1.5"),
        Row(.text, "null", "expected a string, found null"),
        Row(.nonEmpty, "\"\"", "expected a string that is not empty, found \"\""),
        Row(.path, "\"a/b\"", "expected an absolute path such as \"/etc/recoverd\", found \"a/b\""),
        Row(.path, "\"\"", "expected an absolute path such as \"/etc/recoverd\", found \"\""),
        Row(.bool, "1", "expected true or false, found the number 1"),
        Row(.bool, "\"true\"", "expected true or false, found a string"),
        Row(.bool, "{}", "expected true or false, found an object"),
        Row(.integer, "13", "expected an integer from -3 to 12, found the number 13"),
        Row(.integer, "1.0", "expected an integer from -3 to 12, found the number 1.0"),
        Row(.integer, "\"1\"", "expected an integer from -3 to 12, found a string"),
        Row(.integer, "true", "expected an integer from -3 to 12, found true"),
        Row(.duration, "30", "expected a duration such as \"30s\", 1s to 1m, found the number 30"),
        Row(.duration, "\"30\"", "expected a duration such as \"30s\", 1s to 1m, found \"30\""),
        Row(.duration, "\"61s\"", "expected a duration such as \"30s\", 1s to 1m, found \"61s\""),
        Row(.duration, "\"0s\"", "expected a duration such as \"30s\", 1s to 1m, found \"0s\""),
        Row(.choice, "\"Info\"", "expected one of \"info\", \"debug\", found \"Info\""),
        Row(.choice, "[]", "expected one of \"info\", \"debug\", found an array"),
    ])
    func isRefusedWithItsPlace(_ row: Row) throws {
        let text = SectionText("{\"x\": 0,\n  \"k\": \(row.value)}")
        #expect(try row.kind.read(#require(text.root)) == nil)
        #expect(text.mistakes == ["f.json:2:8: k: \(row.outcome)"])
    }

    @Test func absentKeyIsNoMistake() throws {
        let text = SectionText("{}")
        let root = try #require(text.root)
        #expect(root.value("k", .text) == nil)
        #expect(root.value("k", .bool, default: true))
        #expect(root.list("k", of: .text) == nil)
        #expect(root.section("k") == nil)
        #expect(text.mistakes.isEmpty)
    }

    @Test func wrongElementsAreReportedAndLeftOut() throws {
        let text = SectionText("{\"k\": [\"a\", 1, \"b\", []]}")
        #expect(try #require(text.root).list("k", of: .text) == ["a", "b"])
        #expect(
            text.mistakes == [
                "f.json:1:13: k[1]: expected a string, found the number 1",
                "f.json:1:21: k[3]: expected a string, found an array",
            ])
    }
}
