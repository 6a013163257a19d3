import CommandCatalog
import JSON
import TestSupport
import Testing

/// The member `auth`, and the others that a signature covers: read strictly or refused.
struct TaskAuthenticationTests {
    /// A time whose form is good; no schema knows the calendar.
    private static let unreal = "2026-02-30T00:00:00Z"
    private static let signature = Base64.text([UInt8](repeating: 7, count: 64))
    private static let whole: JSONObject = [
        "v": 1, "alg": "ed25519", "kid": "ops-2026a", "target": "host/web01", "expires": "2026-11-21T08:05:00Z",
        "nonce": "00ff", "challenge": "c", "sig": .string(signature),
    ]

    private static func task(_ name: String, _ value: JSONValue) throws -> TaskMessage {
        var object: JSONObject = ["task_id": 7, "service": "s", "command": "c"]
        object[name] = value
        return try TaskMessage(JSONValue.object(object).bytes)
    }

    @Test func whatIsWrittenIsRead() throws {
        let task = try Self.task("auth", .object(Self.whole))
        let auth = try #require(task.auth)
        #expect(auth.keyID == KeyID("ops-2026a") && auth.target == "host/web01" && auth.algorithm == "ed25519")
        #expect(auth.expires == Timestamp(rfc3339: "2026-11-21T08:05:00Z") && auth.nonce == "00ff")
        #expect(auth.challenge == "c" && auth.signature == [UInt8](repeating: 7, count: 64))
        #expect(auth.json == .object(Self.whole))
        #expect(try TaskMessage(task.json.bytes) == task)
        #expect(try JSONSchema("task").violations(of: task.json).isEmpty)
    }

    /// Rows M46 to M48 of the corpus of bad input, as far as the form goes.
    static let broken: [JSONValue] = {
        func with(_ name: String, _ value: JSONValue?) -> JSONValue {
            var object = whole
            object[name] = value
            return .object(object)
        }
        let url = signature.split(separator: "H").joined(separator: "_")
        let texts: [(String, [String])] = [
            ("alg", [String(repeating: "e", count: 33)]),
            ("kid", ["", "../x", "a/b", ".a", "-a", "a b", "é", String(repeating: "k", count: 10_240)]),
            ("target", [String(repeating: "t", count: 257)]),
            ("expires", ["", "now", "2026-11-21", unreal]),
            ("nonce", [String(repeating: "n", count: 65)]), ("challenge", [String(repeating: "n", count: 65)]),
            (
                "sig",
                [
                    "", "AA==", url, String(signature.dropLast()), String(signature.dropLast(2)), signature + "=",
                    signature + "\n", " " + signature, Base64.text([UInt8](repeating: 7, count: 63)),
                    Base64.text([UInt8](repeating: 7, count: 65)), String(signature.dropLast(3)) + "x==",
                ]
            ),
        ]
        let others: [JSONValue] = [.null, true, 0, 2, .real(1.5), [], [:], ["ed25519"]]
        return [.null, true, 1, "", "ed25519", [], [:], [.object(whole)]]
            + ["v", "alg", "kid", "target", "sig"].map { with($0, nil) } + [with("v", "1")]
            + texts.flatMap { name, values in values.map { with(name, .string($0)) } }
            + ["v", "alg", "kid", "target", "expires", "nonce", "challenge", "sig"].flatMap { name in
                others.map { with(name, $0) }
            } + [with("role", "root"), with("Kid", "x")]
    }()

    @Test(arguments: broken) func whatCannotBeReadIsNeverUnsigned(_ auth: JSONValue) throws {
        let error = try #require(throws: TaskMessageError.self) { try Self.task("auth", auth) }
        #expect(error.code == .notAuthentic && error.taskID == .integer(7), "\(error.message)")
    }

    @Test func whatIsRefusedIsNotInTheSchemaEither() throws {
        let schema = try JSONSchema("task")
        for auth in Self.broken where auth.object?["expires"] != .string(Self.unreal) {
            let task: JSONValue = ["task_id": 7, "service": "s", "command": "c", "auth": auth]
            #expect(!schema.violations(of: task).isEmpty, "\(auth.text)")
        }
    }

    @Test(
        arguments: [
            ("target", 1), ("target", .string(String(repeating: "t", count: 257))), ("target", .null),
            ("cause", .null), ("cause", 1), ("cause", []), ("cause", .string(String(repeating: "c", count: 257))),
            ("needs", "auth"), ("needs", [1]), ("needs", .null),
        ] as [(String, JSONValue)])
    func otherMembersHaveTheirForm(_ name: String, _ value: JSONValue) throws {
        let error = try #require(throws: TaskMessageError.self) { try Self.task(name, value) }
        #expect(error.code == .malformed && error.message.contains(name), "\(error.message)")
    }

    @Test func nestedAndEscapedDuplicatesAreNoJSON() {
        let task = "{\"task_id\":7,\"service\":\"s\",\"command\":\"c\",\"auth\":{\"kid\":\"a\",\"kid\":\"b\"}}"
        let twice = "{\"task_id\":7,\"service\":\"s\",\"command\":\"c\",\"auth\":{},\"\\u0061uth\":{}}"
        for text in [task, twice] {
            let error = #expect(throws: TaskMessageError.self) { try TaskMessage(Array(text.utf8)) }
            #expect(error?.code == .malformed && error?.taskID == nil)
        }
    }
}
