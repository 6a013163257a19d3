import JSON
import TestSupport
import Testing

@testable import CommandCatalog

/// Which messages are one task.
struct TaskDigestTests {
    private static let task = """
        {"task_id":7,"timestamp":"2020-11-26T00:41:19Z","service":"s","command":"c","parameters":{"a":1,"b":"x"},\
        "expires":"2020-11-26T00:45:19Z","reply":{"detail":true},"from":"ann","reason":"why"}
        """

    private static func digest(_ text: String) throws -> TaskDigest { try TaskMessage(Array(text.utf8)).digest }

    /// The task with one text replaced by another.
    private static func changed(_ old: String, _ new: String) throws -> String {
        let range = try #require(task.firstRange(of: old), "\(old)")
        return task[..<range.lowerBound] + new + task[range.upperBound...]
    }

    @Test(arguments: [
        ("\"task_id\":7", "\"task_id\":8"), ("\"task_id\":7", "\"task_id\":\"7\""), ("00:41:19Z", "00:41:20Z"),
        ("00:41:19Z", "00:41:19.0Z"), ("\"timestamp\":\"2020-11-26T00:41:19Z\",", ""), ("\"s\"", "\"S\""),
        ("\"command\":\"c\"", "\"command\":\"c \""), ("\"a\":1", "\"a\":2"), ("\"a\":1", "\"a\":\"1\""),
        ("\"a\":1", "\"a\":1.0"), ("\"a\":1", "\"a\":true"), ("\"a\":1", "\"a\":null"), ("\"a\":1", "\"a\":[1]"),
        ("\"a\":1", "\"c\":1"), ("{\"a\":1,\"b\":\"x\"}", "{\"a\":1}"), ("{\"a\":1,\"b\":\"x\"}", "{}"),
        ("\"parameters\":{\"a\":1,\"b\":\"x\"},", ""), ("00:45:19Z", "00:45:20Z"),
        ("\"expires\":\"2020-11-26T00:45:19Z\",", ""), ("\"detail\":true", "\"detail\":false"),
        ("\"detail\":true", "\"follow\":true"), ("\"detail\":true", "\"events\":true"),
        ("\"detail\":true", "\"detail\":true,\"events\":true"),
        (
            "\"service\":\"s\",\"command\":\"c\",\"parameters\":{\"a\":1,\"b\":\"x\"}",
            "\"check\":{\"service\":\"s\",\"command\":\"c\",\"parameters\":{\"a\":1,\"b\":\"x\"}}"
        ),
    ])
    func whatChangesTheDeedChangesIt(_ old: String, _ new: String) throws {
        #expect(try Self.digest(Self.changed(old, new)) != Self.digest(Self.task))
    }

    @Test(arguments: [
        ("\"ann\"", "\"bob\""), ("\"from\":\"ann\",", ""), ("\"why\"", "\"\""),
        ("\"a\":1,\"b\":\"x\"", "\"b\":\"x\",\"a\":1"),
        ("\"detail\":true", "\"detail\":true,\"follow\":false,\"unknown\":1"), (",", " ,\n"),
        ("{\"task_id\":7,", "{\"needs\":[\"reply\"],\"cause\":{\"a\":1},\"other\":[2],\"task_id\":7,"),
        (
            "{\"task_id\":7,\"timestamp\":\"2020-11-26T00:41:19Z\"",
            "{\"timestamp\":\"2020-11-26T00:41:19Z\",\"task_id\":7"
        ),
        ("\"service\":\"s\"", "\"\\u0073ervice\":\"\\u0073\""),
    ])
    func whatChangesOnlyTheTellingDoesNot(_ old: String, _ new: String) throws {
        #expect(try Self.digest(Self.changed(old, new)) == Self.digest(Self.task))
    }

    @Test func noWishesAndAllRefusedAreTheSame() throws {
        let plain = "{\"task_id\":7,\"service\":\"s\",\"command\":\"c\""
        let wished = plain + ",\"reply\":{\"detail\":false,\"follow\":false}}"
        #expect(try Self.digest(plain + "}") == Self.digest(wished))
    }

    @Test(arguments: [
        (
            "{\"task_id\":1,\"service\":\"ab\",\"command\":\"c\"}",
            "{\"task_id\":1,\"service\":\"a\",\"command\":\"bc\"}"
        ),
        ("{\"task_id\":1,\"service\":\"a\",\"command\":\"b\"}", "{\"task_id\":1,\"service\":\"b\",\"command\":\"a\"}"),
        ("{\"task_id\":1,\"cancel\":2}", "{\"task_id\":2,\"cancel\":1}"),
        ("{\"task_id\":1,\"cancel\":2}", "{\"task_id\":1,\"cancel\":\"2\"}"),
        (
            "{\"task_id\":1,\"timestamp\":\"2020-11-26T00:41:19Z\",\"cancel\":2}",
            "{\"task_id\":1,\"expires\":\"2020-11-26T00:41:19Z\",\"cancel\":2}"
        ),
        (
            "{\"task_id\":1,\"fetch\":{\"task_id\":2,\"offset\":3,\"length\":4}}",
            "{\"task_id\":1,\"fetch\":{\"task_id\":2,\"offset\":4,\"length\":3}}"
        ),
        (
            "{\"task_id\":1,\"fetch\":{\"task_id\":2}}",
            "{\"task_id\":1,\"fetch\":{\"task_id\":2,\"stream\":\"stderr\"}}"
        ),
        (
            "{\"task_id\":1,\"service\":\"a\",\"command\":\"b\",\"parameters\":{\"a\":\"bc\"}}",
            "{\"task_id\":1,\"service\":\"a\",\"command\":\"b\",\"parameters\":{\"ab\":\"c\"}}"
        ),
        (
            "{\"task_id\":1,\"service\":\"a\",\"command\":\"b\",\"parameters\":{\"a\":[[1],2]}}",
            "{\"task_id\":1,\"service\":\"a\",\"command\":\"b\",\"parameters\":{\"a\":[[1,2]]}}"
        ),
    ])
    func neighboursCannotBeSwapped(_ left: String, _ right: String) throws {
        #expect(try Self.digest(left) != Self.digest(right))
    }

    @Test(arguments: SeededGenerator.seeds)
    func rowsOfFieldsWithTheSameBytesAreTheSame(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        var known: [[UInt8]: [String?]] = [:]
        for _ in 0..<3000 {
            // Short texts of the bytes that stand before fields, so that without lengths their rows meet all the time.
            let fields: [String?] = (0..<chance.number(below: 4)).map { _ in
                guard !chance.happens(onceIn: 5) else { return nil }
                return String((0..<chance.number(below: 4)).map { _ in chance.one(of: ["\u{5}", "\u{0}"]) })
            }
            var tuple = TupleBytes()
            for field in fields { tuple.append(field) }
            #expect(known.updateValue(fields, forKey: tuple.bytes) ?? fields == fields)
        }
        #expect(known.count > 50)
    }

    @Test func digestIsTheOneOfTheFirstRelease() throws {
        // Journals on disk hold it: when this changes, a repeated task runs again.
        let digest = try Self.digest("{\"task_id\":1,\"service\":\"s\",\"command\":\"c\"}")
        #expect("\(digest)" == "cc8b793f5a6ff8d80ccb12fee3462de5459dea12d67fa756845df2166047e570")
    }

    @Test func digestsComeBackFromBytesAndDigits() throws {
        let digest = try Self.digest(Self.task)
        #expect(digest.bytes.count == 32 && TaskDigest(bytes: digest.bytes) == digest)
        #expect(TaskDigest(hex: "\(digest)") == digest && TaskDigest(hex: "\(digest)".uppercased()) == digest)
        #expect(TaskDigest(bytes: Array(digest.bytes.dropLast())) == nil)
        #expect(TaskDigest(hex: "\(digest)0") == nil)
        #expect(TaskDigest(hex: String(repeating: "g", count: 64)) == nil)
        #expect(TaskDigest(bytes: digest.bytes.reversed()) != digest)
    }
}
