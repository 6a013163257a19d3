import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

/// Identities, results and times as they stand in messages.
struct WireFormTests {
    private static let identities: [JSONValue] = [
        0, -1, 3_126_260_400, 12_345_678_901_234_567, .integer(.min), .integer(.max), "1", "3126260400", "../../x", " ",
        "é🙂",
        .string(String(repeating: "a", count: 128)), .string(String(repeating: "é", count: 64)),
    ]

    /// M09, M11, M13: any integer of 64 bits, and texts.
    @Test(arguments: identities)
    func identityComesBackInItsTypeAndValue(_ identity: JSONValue) throws {
        let message: JSONValue = ["task_id": identity, "service": "s", "command": "c"]
        let task = try TaskMessage(message.bytes)
        #expect(task.taskID.json == identity)
        let result = TaskResult(taskID: task.taskID, timestamp: .now, message: "", code: .success)
        #expect(try JSONText(result.json.bytes).value.object?["task_id"] == identity)
    }

    @Test(arguments: [
        JSONValue.string(String(repeating: "a", count: 129)), .string(String(repeating: "é", count: 65)), "", "a\u{1}",
        .real(1), .null, true, [], [:],
    ])
    func isNoIdentity(_ value: JSONValue) {
        #expect(TaskID(value) == nil)
        #expect(TaskID(nil) == nil)
    }

    @Test func identitiesDifferByTypeAndByBytes() throws {
        let different: [TaskID] = [.integer(1), .text("1"), .text("01"), .text("\u{E9}"), .text("e\u{301}")]
        #expect(Set(different).count == different.count)
        #expect(try TaskID(JSONText(Array("[-0]".utf8)).value.array?.first) == .integer(0))
    }

    @Test(arguments: SeededGenerator.seeds)
    func randomIdentitiesAreExactForReadersOfDoubles(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<1000 {
            guard case .integer(let number) = TaskID.random(using: &chance) else {
                Issue.record("no integer")
                return
            }
            #expect((1...9_007_199_254_740_991).contains(number))
            #expect(Int64(exactly: Double(number)) == number)
        }
    }

    @Test func resultHasExactlyFourMembers() {
        let result = TaskResult(
            taskID: .text("x"), timestamp: Timestamp(seconds: 1_606_351_279), message: "a\0\n\"é", code: .timedOut)
        #expect(
            result.json.text
                == "{\"task_id\":\"x\",\"timestamp\":\"2020-11-26T00:41:19Z\",\"message\":\"a\\u0000\\n\\\"é\",\"code\":4356}"
        )
    }

    @Test(arguments: [
        (ResultCode.success, 0, "0"), (.notImplemented, 0x1000, "not-implemented"),
        (.noServices, 0x1001, "no-services"),
        (.unknownService, 0x1002, "unknown-service"), (.unknownCommand, 0x1003, "unknown-command"),
        (.malformed, 0x1004, "malformed"), (.duplicateTaskID, 0x1100, "duplicate-task-id"),
        (.queueFull, 0x1101, "queue-full"), (.couldNotStart, 0x1103, "could-not-start"),
        (.timedOut, 0x1104, "timed-out"), (.interrupted, 0x1105, "interrupted"), (.expired, 0x1005, "expired"),
        (.coolingDown, 0x1101, "queue-full"), (.storageUnavailable, 0x1102, "storage-unavailable"),
        (.cancelled, 0x1106, "cancelled"), (.alreadyFinished, 0x1107, "already-finished"),
        (.unknownTask, 0x1108, "unknown-task"),
    ])
    func codesKeepTheirNumbersForEver(_ code: ResultCode, _ number: Int, _ word: String) {
        #expect(code.rawValue == number)
        #expect(code.description == word)
        #expect(code.isExitStatus == (number <= 255))
    }

    private static let times: [Int64] = [
        0, 1, 59, 68_169_599, 68_169_600, 951_782_399, 951_782_400, 951_868_800, 1_606_351_279, 1_709_164_800,
        2_147_483_647, 2_147_483_648, 4_102_444_800, 4_107_542_399, 9_223_372_036,
    ]

    @Test(arguments: times)
    func timeIsWrittenAsTheSystemWritesIt(_ seconds: Int64) throws {
        let pipe = try #require(popen("date -u -d @\(seconds) +%Y-%m-%dT%H:%M:%SZ", "r"))
        defer { pclose(pipe) }
        var line = [CChar](repeating: 0, count: 64)
        _ = fgets(&line, Int32(line.count), pipe)
        let expected = String(decoding: line.prefix { $0 != 10 && $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        #expect(Timestamp(seconds: seconds).description == expected)
        #expect((Timestamp(seconds: seconds) + .milliseconds(700)).description == expected, "seconds are whole")
    }

    @Test func timesAreOrderedAndAdded() {
        let time = Timestamp(nanoseconds: 1_500_000_000)
        #expect(time + .nanoseconds(1) == Timestamp(nanoseconds: 1_500_000_001))
        #expect(time + .seconds(-1) < time)
        #expect(time.seconds == 1.5)
    }
}
