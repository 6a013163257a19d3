import CommandCatalog
import JSON
import Testing

@testable import TaskSending
@testable import send_command
import ProgramOptions

@Suite struct TaskRequestTests {
    private static func errand(
        _ words: [String], timeout: Duration = .seconds(30), reason: String? = nil
    ) throws -> Errand {
        let maker = ErrandMaker(sender: "u@h", timeout: timeout, reason: reason)
        return try maker.errand(TaskRequest(words).verb, id: .integer(1), at: Timestamp(seconds: 0))
    }

    @Test func parametersAreTextsOnTheWire() throws {
        let errand = try Self.errand(["s", "c", "n=5", "empty=", "equation=a=b"], reason: "why")
        let expected: JSONValue = [
            "task_id": 1, "timestamp": "1970-01-01T00:00:00Z", "service": "s", "command": "c",
            "parameters": ["n": "5", "empty": "", "equation": "a=b"], "expires": "1970-01-01T00:01:00Z", "from": "u@h",
            "reason": "why",
        ]
        #expect(errand.task.json == expected)
        #expect(errand.payload == errand.task.json.bytes)
    }

    @Test func withoutParametersTheTaskHasNoSuchMember() throws {
        let members = try Self.errand(["s", "c"]).task.json.object?.members.map(\.name)
        #expect(members == ["task_id", "timestamp", "service", "command", "expires", "from"])
    }

    @Test(arguments: [(1, 60), (60, 60), (61, 61), (86_400, 86_400)])
    func taskExpiresWithTheTimeoutAndNotBeforeAMinute(_ timeout: Int64, _ life: Int64) throws {
        let errand = try Self.errand(["s", "c"], timeout: .seconds(timeout))
        #expect(errand.task.expires == Timestamp(seconds: life))
    }

    private static let tooLong = String(repeating: "x", count: 256)

    /// A03: nothing is sent.
    @Test(arguments: [
        ("", "c"), ("s", ""), (tooLong, "c"), ("s", tooLong), ("s\n", "c"), ("s", "c\u{7F}"),
    ])
    func aNameThatIsNoneIsRefused(service: String, command: String) {
        #expect(throws: UsageError.self) { try TaskRequest([service, command]) }
    }

    @Test(arguments: [["x"], ["=x"], ["a=1", "a=2"], ["a\n=1"]])
    func aParameterThatIsNoneIsRefused(assignments: [String]) {
        #expect(throws: UsageError.self) { try TaskRequest(["s", "c"] + assignments) }
    }

    @Test func aTaskThatNoAgentTakesIsNotSent() throws {
        let value = String(repeating: "x", count: TaskMessage.largestSize)
        #expect(throws: UsageError.self) { try Self.errand(["s", "c", "a=\(value)"]) }
    }

    @Test(arguments: [
        ("7", TaskID.integer(7)), ("-7", .integer(-7)), ("\"7\"", .text("7")), ("deploy-17", .text("deploy-17")),
        ("007", .text("007")), ("1.5", .text("1.5")), ("\"", .text("\"")),
    ])
    func idsAreReadAsTheyAreShown(_ text: String, _ id: TaskID) throws {
        #expect(try TaskRequest([], options: [.cancel: text]).verb == .cancel(id))
        #expect(try TaskRequest([], options: [.fetch: text]).verb == .fetch(OutputRequest(taskID: id)))
    }

    @Test func verbsAreChosenByOptions() throws {
        let check = try TaskRequest(["s", "c", "a=1"], options: [.check: "true"])
        #expect(check.verb.word == "check")
        let fetch = try TaskRequest([], options: [.fetch: "7", .stream: "stderr", .offset: "5", .length: "70000"])
        #expect(fetch.verb == .fetch(OutputRequest(taskID: .integer(7), stream: .stderr, offset: 5, length: 65_536)))
        #expect(fetch.wanted == 70_000)
    }

    @Test(
        arguments: [
            ([], [.cancel: "1", .fetch: "1"], "expected one of --cancel and --fetch, found both"),
            (["s", "c"], [.check: "true", .cancel: "1"], "expected one of --check and --cancel, found both"),
            (["s", "c"], [.cancel: "1"], "--cancel 1 needs no service and command, found 2 words"),
            (["s", "c"], [.offset: "1"], "--offset belongs to --fetch"),
            ([], [.cancel: "1", .stream: "stdout"], "--stream belongs to --fetch"),
            ([], [.fetch: "1", .stream: "out"], "--stream: expected stdout or stderr, found \"out\""),
            ([], [.fetch: "1", .offset: "-1"], "--offset: expected a number of bytes from 0 on, found \"-1\""),
            ([], [.fetch: "1", .length: "0"], "--length: expected a number of bytes from 1 on, found \"0\""),
            ([], [.fetch: ""], "--fetch: expected a task's id (1 to 128 bytes), found \"\""),
            ([], [.check: "true"], "expected a service and a command, found neither"),
        ] as [([String], [VerbOption: String], String)])
    func whatContradictsItselfIsNamed(_ words: [String], _ options: [VerbOption: String], _ message: String) {
        #expect(throws: UsageError(message)) { try TaskRequest(words, options: options) }
    }

    @Test func everyRunHasNumbersOfItsOwn() {
        var generator = SystemRandomNumberGenerator()
        let senders = (0..<1000).map { _ in Sender(using: &generator) }
        #expect(Set(senders.map(\.taskID)).count == 1000)
        #expect(Set(senders.map(\.clientID)).count == 1000)
        #expect(senders.allSatisfy { $0.clientID.utf8.count == 23 })
        // Longer numbers come back rounded from the predecessor.
        #expect(senders.allSatisfy { (1...14).contains($0.taskID.description.utf8.count) })
    }

    @Test func theClaimOfTheSenderFitsIntoATask() {
        #expect(Sender.claim(user: "ä", host: "h") == "ä@h")
        let long = Sender.claim(user: "u", host: String(repeating: "ä", count: 100))
        #expect(long.utf8.count == 128)
        #expect(Sender.claim(user: "uu", host: String(repeating: "ä", count: 100)).utf8.count == 127)
    }
}
