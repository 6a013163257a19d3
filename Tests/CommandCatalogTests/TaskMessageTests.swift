import JSON
import TestSupport
import Testing

@testable import CommandCatalog

/// What is a task, and who gets an answer if it is none.
struct TaskMessageTests {
    private static func read(_ text: String) -> Result<TaskMessage, TaskMessageError> {
        Result { () throws(TaskMessageError) in try TaskMessage(Array(text.utf8)) }
    }

    private static func task(_ members: String) -> String {
        "{\"task_id\":7,\"timestamp\":\"2020-11-26T00:41:19Z\",\"service\":\"s\",\"command\":\"c\"\(members)}"
    }

    /// M01 to M05, M10, M12, M14, M16, M64: what has no identity that can be read.
    @Test(arguments: [
        ("", "'[' or '{' expected"), (" ", "'[' or '{' expected"), ("1", "'[' or '{' expected"),
        ("true", "'[' or '{' expected"), ("[]", "expected an object, found an array"),
        ("[{\"task_id\":1}]", "expected an object, found an array"), ("{}", "found none"),
        ("{\"service\":\"s\",\"command\":\"c\"}", "found none"), ("{\"Task_id\":1}", "found none"),
        ("{\"task_id\":null}", "found null"), ("{\"task_id\":true}", "found true"),
        ("{\"task_id\":[]}", "found an array"),
        ("{\"task_id\":{}}", "found an object"), ("{\"task_id\":1.0}", "found the number 1.0"),
        ("{\"task_id\":1e3}", "found the number 1000.0"), ("{\"task_id\":3.126260400e9}", "found the number"),
        ("{\"task_id\":\"\"}", "found an empty string"), ("{\"task_id\":\"a\\nb\"}", "found a string"),
        ("{\"task_id\":\"\\u007f\"}", "found a string"), ("{\"task_id\":\"\\u0000\"}", "\\u0000 is not allowed"),
        ("{\"task_id\":9223372036854775808}", "too big integer"),
        ("{\"task_id\":-9223372036854775809}", "too big negative integer"),
        ("{\"task_id\":1,\"task_id\":2}", "duplicate object key"),
        ("{\"task_id\":1,\"service\":\"s\",\"\\u0073ervice\":\"t\"}", "duplicate object key"),
        ("{\"task_id\":1,\"x\":[{\"a\":1,\"a\":1}]}", "duplicate object key"),
    ])
    func nobodyCanBeAnswered(_ text: String, _ reason: String) throws {
        let error = try #require(throws: TaskMessageError.self) { try Self.read(text).get() }
        #expect(error.taskID == nil)
        #expect(error.message.contains(reason), "\(error.message)")
    }

    private static func stamped(_ timestamp: String) -> String {
        "{\"task_id\":7,\"timestamp\":\(timestamp),\"service\":\"s\",\"command\":\"c\"}"
    }

    private static let identity = "expected a task_id (an integer of 64 bits or 1 to 128 bytes of text), found"
    private static let time = "expected a time such as \"2020-11-26T00:41:19Z\", found"
    private static let names = "expected 1 to 255 bytes without control characters, found"

    /// M06, M07, M25, M31, M39: what is wrong behind a good identity.
    @Test(arguments: [
        ("{\"task_id\":7}", "needs \"service\""), ("{\"task_id\":7,\"service\":\"s\"}", "needs \"command\""),
        ("{\"task_id\":7,\"command\":\"c\"}", "needs \"service\""),
        ("{\"task_id\":7,\"Service\":\"s\",\"command\":\"c\"}", "needs \"service\""),
        ("{\"task_id\":7,\"service\":1,\"command\":\"c\"}", "service: \(names) the number 1"),
        ("{\"task_id\":7,\"service\":\"\",\"command\":\"c\"}", "service: \(names) an empty string"),
        ("{\"task_id\":7,\"service\":\"s\",\"command\":\"a\\nb\"}", "command: \(names) a string"),
        ("{\"task_id\":7,\"service\":\"s\",\"command\":null}", "command: \(names) null"),
        ("{\"task_id\":7,\"service\":\"s\",\"command\":[\"c\"]}", "command: \(names) an array"),
        (task(",\"parameters\":[]"), "parameters: expected an object, found an array"),
        (task(",\"parameters\":null"), "parameters: expected an object, found null"),
        (task(",\"parameters\":{\"\":1}"), "parameters: expected names of 1 to 255 bytes without control characters"),
        (task(",\"from\":1"), "from: expected a string of at most 128 bytes"),
        (task(",\"from\":\"\(String(repeating: "a", count: 129))\""), "from: expected a string of at most 128 bytes"),
        (task(",\"reason\":null"), "reason: expected a string of at most 256 bytes"),
        (
            task(",\"reason\":\"\(String(repeating: "a", count: 257))\""),
            "reason: expected a string of at most 256 bytes"
        ),
        (task(",\"needs\":\"parameters\""), "needs: expected an array of words, found a string"),
        (task(",\"needs\":[1]"), "needs: expected an array of words, found an array"),
        (task(",\"config\":\"\""), "expected one of command and config, found both"),
        (task(",\"check\":\"\""), "expected one of command and check, found both"),
        (task(",\"cancel\":null"), "expected one of command and cancel, found both"),
        (task(",\"fetch\":{}"), "expected one of command and fetch, found both"),
        (task(",\"fetch\":{},\"check\":{}"), "expected one of command and check, found both"),
        ("{\"task_id\":7,\"cancel\":3,\"config\":\"\"}", "expected one of config and cancel, found both"),
        ("{\"task_id\":7,\"check\":{},\"fetch\":{}}", "expected one of check and fetch, found both"),
        ("{\"task_id\":7,\"check\":1,\"service\":\"s\"}", "check: expected an object, found the number 1"),
        ("{\"task_id\":7,\"check\":{\"service\":\"s\"}}", "check: needs \"command\""),
        ("{\"task_id\":7,\"check\":{\"service\":\"s\",\"command\":2}}", "check.command: \(names) the number 2"),
        (
            "{\"task_id\":7,\"check\":{\"service\":\"s\",\"command\":\"c\",\"parameters\":1}}",
            "check.parameters: expected an object, found the number 1"
        ),
        ("{\"task_id\":7,\"cancel\":null}", "cancel: \(identity) null"),
        ("{\"task_id\":7,\"cancel\":1.5}", "cancel: \(identity) the number 1.5"),
        ("{\"task_id\":7,\"fetch\":\"x\"}", "fetch: expected an object, found a string"),
        ("{\"task_id\":7,\"fetch\":{}}", "fetch: needs \"task_id\""),
        ("{\"task_id\":7,\"fetch\":{\"task_id\":\"\"}}", "fetch.task_id: \(identity) an empty string"),
        (
            "{\"task_id\":7,\"fetch\":{\"task_id\":1,\"stream\":\"out\"}}",
            "fetch.stream: expected \"stdout\" or \"stderr\", found a string"
        ),
        (
            "{\"task_id\":7,\"fetch\":{\"task_id\":1,\"offset\":-1}}",
            "fetch.offset: expected an integer from 0 to 9223372036854775807, found the number -1"
        ),
        (
            "{\"task_id\":7,\"fetch\":{\"task_id\":1,\"length\":0}}",
            "fetch.length: expected an integer from 1 to 262144, found the number 0"
        ),
        (
            "{\"task_id\":7,\"fetch\":{\"task_id\":1,\"length\":262145}}",
            "fetch.length: expected an integer from 1 to 262144, found the number 262145"
        ),
        (task(",\"expires\":1"), "expires: \(time) the number 1"),
        (task(",\"expires\":null"), "expires: \(time) null"),
        (task(",\"expires\":\"tomorrow\""), "expires: \(time) a string"),
        (task(",\"reply\":true"), "reply: expected an object, found true"),
        (task(",\"reply\":{\"detail\":1}"), "reply.detail: expected true or false, found the number 1"),
        (task(",\"reply\":{\"follow\":\"yes\"}"), "reply.follow: expected true or false, found a string"),
        (task(",\"reply\":{\"events\":null}"), "reply.events: expected true or false, found null"),
        (stamped("12"), "timestamp: expected a string, found the number 12"),
        (stamped("null"), "timestamp: expected a string, found null"),
        (stamped("[]"), "timestamp: expected a string, found an array"),
        (task(",\"x\":[[[[[[[[]]]]]]]]"), "expected at most 8 levels of nesting, found 9"),
    ])
    func malformedTaskIsAnswered(_ text: String, _ reason: String) {
        let error = TaskMessageError(taskID: .integer(7), code: .malformed, message: "Malformed task: \(reason)")
        #expect(throws: error) { try Self.read(text).get() }
    }

    @Test(arguments: [
        (task(",\"needs\":[\"parameters\",\"teleport\"]"), "teleport"), (task(",\"needs\":[\"\"]"), ""),
    ])
    func whatWeCannotDoIsAnswered(_ text: String, _ word: String) {
        let error = TaskMessageError(taskID: .integer(7), code: .notImplemented, message: "Not implemented: \(word)")
        #expect(throws: error) { try Self.read(text).get() }
    }

    /// M17, M24: a newline at the end and members that nobody knows harm nothing.
    @Test(arguments: [
        task(""), task("") + " \n", task(",\"other\":{\"v\":9},\"extra\":[1,2]"),
        task(",\"needs\":[],\"parameters\":{}"), task(",\"needs\":[\"parameters\"],\"parameters\":{\"a\":1}"),
        task(",\"x\":[[[[[[[]]]]]]]"), "{\"command\":\"c\",\"service\":\"s\",\"task_id\":7}",
        stamped("\"now\""), task(",\"reply\":{\"what\":7}"), task(",\"needs\":[\"expires\",\"reply\"]"),
        task(",\"reason\":\"\",\"from\":\"\""),
        task(
            ",\"from\":\"\(String(repeating: "a", count: 128))\",\"reason\":\"\(String(repeating: "b", count: 256))\""),
    ])
    func isTask(_ text: String) throws {
        let task = try Self.read(text).get()
        #expect(task.taskID == .integer(7))
        #expect(
            task.verb
                == .command(CommandRequest(service: try name("s"), command: try name("c"), parameters: task.parameters))
        )
    }

    /// M23: odd characters are for the catalog to refuse.
    @Test(arguments: [
        " ", ".", "..", "a/b", "🙂", "; rm -rf /", "\u{2028}", "\u{202E}x", "\u{FFFE}",
        String(repeating: "a", count: 255),
    ])
    func oddNamesAreNames(_ name: String) throws {
        let task: JSONValue = ["task_id": 1, "service": .string(name), "command": .string(name)]
        let message = try TaskMessage(task.bytes)
        #expect(message.service == Name(name) && message.command == Name(name))
    }

    /// T24, M27: 64 KiB at most.
    @Test func sizeIsBounded() throws {
        func payload(_ count: Int) -> [UInt8] {
            let rest = Self.task(",\"x\":\"\"").utf8.count
            return Array(Self.task(",\"x\":\"\(String(repeating: "x", count: count - rest))\"").utf8)
        }
        #expect(try TaskMessage(payload(65_536)).taskID == .integer(7))
        for count in [65_537, 1 << 20, 2 << 20] {
            let message = "Malformed task: expected at most 65536 bytes, found \(count)"
            #expect(throws: TaskMessageError(taskID: .integer(7), code: .malformed, message: message)) {
                try TaskMessage(payload(count))
            }
        }
        let count = (2 << 20) + 1
        let message = "\(count) bytes are too many to look at"
        #expect(throws: TaskMessageError(taskID: nil, code: .malformed, message: message)) {
            try TaskMessage(payload(count))
        }
    }

    /// T25, M26: eight levels at most.
    @Test(arguments: [9, 1000, 2046])
    func deepNestingIsAnswered(_ depth: Int) {
        let value = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let message = "Malformed task: expected at most 8 levels of nesting, found \(depth + 1)"
        #expect(throws: TaskMessageError(taskID: .integer(7), code: .malformed, message: message)) {
            try Self.read(Self.task(",\"x\":\(value)")).get()
        }
    }

    @Test func deeperNestingThanTheParserTakesIsNot() throws {
        let value = String(repeating: "[", count: 2048) + String(repeating: "]", count: 2048)
        let error = try #require(throws: TaskMessageError.self) { try Self.read(Self.task(",\"x\":\(value)")).get() }
        #expect(error.taskID == nil)
    }

    @Test(arguments: SeededGenerator.seeds)
    func everyTaskComesBackAsItWasSent(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let task = TaskMessage(
                taskID: .random(using: &chance), timestamp: Timestamp(seconds: Int64(chance.number(below: 1 << 31))),
                service: try #require(
                    Name("s" + chance.text(without: ["\t", "\n", "\r", "\u{7F}", "\u{80}", "\u{85}"]))),
                command: try #require(Name("c")),
                parameters: chance.happens(onceIn: 2) ? [try #require(Name("p")): 1] : nil,
                reason: chance.happens(onceIn: 2) ? chance.text() : nil,
                from: chance.happens(onceIn: 2) ? chance.text() : nil)
            #expect(try TaskMessage(task.json.bytes) == task)
        }
    }

    @Test(arguments: SeededGenerator.seeds)
    func noPayloadDoesHarm(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        let tasks = [
            Self.task(",\"parameters\":{\"a\":\"é\"},\"needs\":[\"x\"]"),
            Self.task(",\"expires\":\"2261-12-31T23:59:59.9-23:59\",\"reply\":{\"detail\":true}"),
            "{\"task_id\":1,\"check\":{\"service\":\"s\",\"command\":\"c\",\"parameters\":{\"a\":[1.5,null]}}}",
            "{\"task_id\":1,\"timestamp\":\"2262-01-01T00:00:00Z\",\"fetch\":{\"task_id\":1,\"offset\":0,\"length\":9}}",
            "{\"task_id\":1,\"cancel\":9223372036854775807}",
        ].map { Array($0.utf8) }
        let window = TimeWindow(isRequired: true)
        for _ in 0..<5000 {
            var payload = chance.one(of: tasks)
            for _ in 0...chance.number(below: 4) {
                let place = chance.number(below: payload.count)
                switch chance.number(below: 3) {
                case 0: payload[place] = UInt8(truncatingIfNeeded: chance.next())
                case 1: payload.remove(at: place)
                default: payload.insert(chance.one(of: Array("{}[]\",:\\0é".utf8)), at: place)
                }
            }
            do throws(TaskMessageError) {
                let task = try TaskMessage(payload)
                let objection = window.objection(to: task, now: Timestamp(seconds: 0))
                #expect(task.digest.bytes.count == 32 && objection?.message.isEmpty != true)
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
    }
}
