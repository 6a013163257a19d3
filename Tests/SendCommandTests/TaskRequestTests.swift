import CommandCatalog
import JSON
import Testing

@testable import send_command
import ProgramOptions

@Suite struct TaskRequestTests {
    @Test func parametersAreTextsOnTheWire() throws {
        let request = try TaskRequest(service: "s", command: "c", assignments: ["n=5", "empty=", "equation=a=b"])
        let task = try request.task(id: .integer(1), at: Timestamp(seconds: 0), reason: "why", from: "u@h")
        let expected: JSONValue = [
            "task_id": 1, "timestamp": "1970-01-01T00:00:00Z", "service": "s", "command": "c",
            "parameters": ["n": "5", "empty": "", "equation": "a=b"], "from": "u@h", "reason": "why",
        ]
        #expect(task.json == expected)
    }

    @Test func withoutParametersTheTaskHasNoSuchMember() throws {
        let request = try TaskRequest(service: "s", command: "c")
        let task = try request.task(id: .integer(1), at: Timestamp(seconds: 0), reason: nil, from: "u@h")
        #expect(task.json.object?.members.map(\.name) == ["task_id", "timestamp", "service", "command", "from"])
    }

    private static let tooLong = String(repeating: "x", count: 256)

    @Test(arguments: [("", "c"), ("s", ""), (tooLong, "c"), ("s", tooLong), ("s\n", "c"), ("s", "c\u{7F}")])
    func aNameThatIsNoneIsRefused(service: String, command: String) {
        #expect(throws: UsageError.self) { try TaskRequest(service: service, command: command) }
    }

    @Test(arguments: [["x"], ["=x"], ["a=1", "a=2"], ["a\n=1"]])
    func aParameterThatIsNoneIsRefused(assignments: [String]) {
        #expect(throws: UsageError.self) { try TaskRequest(service: "s", command: "c", assignments: assignments) }
    }

    @Test func aTaskThatNoAgentTakesIsNotSent() throws {
        let value = String(repeating: "x", count: TaskMessage.largestSize)
        let request = try TaskRequest(service: "s", command: "c", assignments: ["a=\(value)"])
        #expect(throws: UsageError.self) {
            try request.task(id: .integer(1), at: Timestamp(seconds: 0), reason: nil, from: "u@h")
        }
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
