import CommandCatalog
import JSON
import Signatures
import TestSupport
import Testing

/// The encoding that is signed tells any two meanings apart.
@Suite(.crowd)
struct EncodingTests {
    /// Splits the bytes into their fields again: what can be taken apart in one way only cannot be made in two.
    private static func fields(_ bytes: [UInt8]) -> [[UInt8]]? {
        var (fields, rest): ([[UInt8]], ArraySlice<UInt8>) = ([], bytes[...])
        while !rest.isEmpty {
            guard rest.count >= 9 else { return nil }
            let length = rest.dropFirst().prefix(8).reduce(0) { $0 << 8 | Int($1) }
            guard rest.count >= 9 + length else { return nil }
            fields.append(Array(rest.prefix(9 + length)))
            rest = rest.dropFirst(9 + length)
        }
        return fields
    }

    @Test(arguments: SeededGenerator.seeds) func equalBytesAreEqualTasks(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        var seen: [[UInt8]: JSONValue] = [:]
        for _ in 0..<1500 {
            let task = try TaskSample.random(&chance)
            let bytes = SignedTuple(task).bytes
            #expect(Self.fields(bytes) != nil)
            let meaning = TaskSample.meaning(task)
            #expect(seen[bytes] == nil || seen[bytes] == meaning)
            seen[bytes] = meaning
            #expect(try SignedTuple(TaskMessage(task.json.bytes)).bytes == bytes)
        }
        #expect(Set(seen.values.map(\.text)).count == seen.count)
    }

    @Test func typeAndAbsenceAreSigned() throws {
        let texts = [
            "\"task_id\":1,\"cancel\":1", "\"task_id\":\"1\",\"cancel\":1", "\"task_id\":1,\"cancel\":\"1\"",
            "\"task_id\":1,\"cancel\":1,\"from\":\"\"", "\"task_id\":1,\"cancel\":1,\"reason\":\"\"",
            "\"task_id\":1,\"cancel\":1,\"target\":\"\"", "\"task_id\":1,\"cancel\":1,\"needs\":[]",
            "\"task_id\":1,\"cancel\":1,\"needs\":[\"auth\"]", "\"task_id\":1,\"cancel\":1,\"cause\":\"\"",
            "\"task_id\":1,\"cancel\":1,\"cause\":{}", "\"task_id\":1,\"cancel\":1,\"cause\":{\"a\":1}",
            "\"task_id\":1,\"cancel\":1,\"cause\":{\"a\":1.0}", "\"task_id\":1,\"cancel\":1,\"timestamp\":\"\"",
            "\"task_id\":1,\"cancel\":1,\"reply\":{\"detail\":true}",
            "\"task_id\":1,\"service\":\"a\",\"command\":\"bc\"",
            "\"task_id\":1,\"service\":\"ab\",\"command\":\"c\"",
            "\"task_id\":1,\"service\":\"ab\",\"command\":\"c\",\"parameters\":{}",
            "\"task_id\":1,\"check\":{\"service\":\"ab\",\"command\":\"c\"}",
            "\"task_id\":1,\"fetch\":{\"task_id\":1}", "\"task_id\":1,\"fetch\":{\"task_id\":1,\"offset\":1}",
            "\"task_id\":1,\"cancel\":1,\"from\":\"ab\",\"reason\":\"c\"",
            "\"task_id\":1,\"cancel\":1,\"from\":\"a\",\"reason\":\"bc\"",
            "\"task_id\":1,\"cancel\":1,\"from\":\"é\"", "\"task_id\":1,\"cancel\":1,\"from\":\"e\u{301}\"",
        ]
        var seen: Set<[UInt8]> = []
        for text in texts {
            let bytes = try SignedTuple(TaskMessage(Array("{\(text)}".utf8))).bytes
            #expect(seen.insert(bytes).inserted, "\(text)")
        }
    }
}

/// Tasks of all kinds with all members, their texts short and alike, so that borders between them are easy to move.
enum TaskSample {
    static func random(_ chance: inout SeededGenerator) throws -> TaskMessage {
        func text() -> String { chance.one(of: ["", "a", "b", "ab", "ba", "aab", "1", "é", "e\u{301}"]) }
        let cause: JSONValue? = chance.one(of: [nil, .string(text()), .object([text(): .string(text())])])
        var task = TaskMessage(
            taskID: chance.happens(onceIn: 2) ? .integer(Int64(chance.number(below: 3))) : .text("a" + text()),
            timestamp: Timestamp(seconds: Int64(chance.number(below: 3))), verb: try verb(&chance),
            expires: chance.happens(onceIn: 2) ? Timestamp(seconds: 3) : nil,
            reply: ReplyWishes(detail: chance.happens(onceIn: 2), events: chance.happens(onceIn: 3)),
            reason: chance.happens(onceIn: 2) ? text() : nil, from: chance.happens(onceIn: 2) ? text() : nil,
            target: chance.happens(onceIn: 2) ? text() : nil, cause: cause,
            needs: chance.one(of: [nil, [], ["auth"], ["auth", "reply"], ["reply", "auth"]]))
        if chance.happens(onceIn: 2) {
            task.auth = TaskAuthentication(
                keyID: Signing.identity(chance.one(of: ["a", "ab", "b"])), target: text(),
                expires: chance.happens(onceIn: 3) ? Timestamp(seconds: 3) : nil,
                nonce: chance.happens(onceIn: 2) ? text() : nil,
                challenge: chance.happens(onceIn: 2) ? text() : nil)
            task.auth?.signature = [UInt8](repeating: 0, count: 64)
        }
        return task
    }

    /// A value that is the same for the same meaning only: what is written, with its members in order.
    static func meaning(_ task: TaskMessage) -> JSONValue {
        let members = task.json.object?.members ?? []
        return .object(JSONObject(members.sorted { $0.name < $1.name }.map { ($0.name, $0.value) }))
    }

    private static func verb(_ chance: inout SeededGenerator) throws -> Verb {
        let request = CommandRequest(
            service: try name(chance.one(of: ["a", "ab", "b"])), command: try name(chance.one(of: ["a", "b", "ba"])),
            parameters: chance.one(of: [
                nil, [:], [try name("a"): "b"], [try name("a"): 1, try name("b"): .bool(true)],
                [try name("a"): .real(1)],
            ]))
        switch chance.number(below: 4) {
        case 0: return .command(request)
        case 1: return .check(request)
        case 2: return .cancel(chance.one(of: [.integer(1), .text("1")]))
        default:
            let stream = chance.one(of: OutputStream.allCases)
            return .fetch(OutputRequest(taskID: .integer(1), stream: stream, offset: Int64(chance.number(below: 2))))
        }
    }
}
