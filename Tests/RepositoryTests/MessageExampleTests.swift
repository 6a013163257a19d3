import CommandCatalog
import JSON
import Testing

/// The examples of `docs/messages.md` are messages.
@Suite struct MessageExampleTests {
    @Test func tasksAreTasks() throws {
        let examples = try examples("json task")
        #expect(examples.count >= 3)
        for example in examples { #expect(throws: Never.self) { try TaskMessage(Array(example.utf8)) } }
    }

    @Test func resultsHaveTheFourMembers() throws {
        let examples = try examples("json result")
        #expect(!examples.isEmpty)
        for example in examples {
            let object = try #require(JSONText(Array(example.utf8)).value.object)
            #expect(object.members.map(\.name).sorted() == ["code", "message", "task_id", "timestamp"])
        }
    }

    @Test func codesOfThePageAreThoseOfTheProgram() throws {
        let page = try Repository.text("docs/messages.md")
        let codes: [ResultCode] = [
            .notImplemented, .noServices, .unknownService, .unknownCommand, .malformed, .duplicateTaskID, .queueFull,
            .couldNotStart, .timedOut, .interrupted,
        ]
        for code in codes {
            #expect(page.contains("| \(code.rawValue) | 0x\(String(code.rawValue, radix: 16)) |"), "\(code)")
        }
    }

    private func examples(_ kind: String) throws -> [String] {
        try Snippet.all(in: Repository.text("docs/messages.md")).filter { $0.kind == kind }.map(\.text)
    }
}
