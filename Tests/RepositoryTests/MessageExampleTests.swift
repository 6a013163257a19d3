import CommandCatalog
import JSON
import TestSupport
import Testing

/// The examples of `docs/messages.md` are messages.
@Suite struct MessageExampleTests {
    @Test func tasksAreTasks() throws {
        let examples = try examples("json task")
        #expect(examples.count >= 6)
        for example in examples {
            #expect(throws: Never.self) { try TaskMessage(Array(example.utf8)) }
            try expect(example, matches: "task")
        }
        let verbs = try examples.map { try TaskMessage(Array($0.utf8)).verb.word }
        #expect(Set(verbs) == ["command", "check", "cancel", "fetch", "config", "replace"])
    }

    @Test func resultsWithDetailHaveAllOfIt() throws {
        let examples = try examples("json result detail")
        #expect(!examples.isEmpty)
        for example in examples {
            try expect(example, matches: "result")
            let json = try JSONText(Array(example.utf8)).value
            // All that is written can be read, and nothing of it is lost.
            #expect(try #require(TaskResult(json: json)).json == json)
        }
    }

    @Test func eventsAreEvents() throws {
        let examples = try examples("json event")
        #expect(examples.count >= 3)
        for example in examples {
            try expect(example, matches: "event")
            let json = try JSONText(Array(example.utf8)).value
            // Lines of the audit are about the agent, not about one task.
            if json.object?["kind"] == "audit" { continue }
            #expect(try #require(TaskEvent(json: json)).json == json)
        }
    }

    @Test(arguments: ["check", "status"]) func answersOfTheAgentAreAsTheirSchemas(kind: String) throws {
        let examples = try examples("json \(kind)")
        #expect(!examples.isEmpty)
        let known = try JSONText(Array(Repository.text("docs/schemas/\(kind).json").utf8)).value.object?["properties"]
        for example in examples {
            try expect(example, matches: kind)
            let members = try JSONText(Array(example.utf8)).value.object?.members ?? []
            for member in members { #expect(known?.object?[member.name] != nil, "\(member.name)") }
        }
    }

    @Test func piecesAreOutput() throws {
        let examples = try examples("json piece")
        #expect(!examples.isEmpty)
        for example in examples { #expect(OutputPiece(message: example)?.data == Array("done.\n".utf8)) }
    }

    @Test func pageNamesEveryWordOfOurs() throws {
        let page = try Repository.text("docs/messages.md")
        for word in ResultReason.allCases.map(\.rawValue) + TaskResult.State.allCases.map(\.rawValue) {
            #expect(page.contains("`\(word)`"), "\(word)")
        }
    }

    private func expect(_ example: String, matches schema: String) throws {
        let violations = try JSONSchema(schema).violations(of: JSONText(Array(example.utf8)).value)
        #expect(violations.isEmpty, "\(example)")
    }

    @Test func resultsHaveTheFourMembers() throws {
        let examples = try examples("json result")
        #expect(!examples.isEmpty)
        for example in examples {
            let object = try #require(JSONText(Array(example.utf8)).value.object)
            try expect(example, matches: "result")
            #expect(object.members.map(\.name).sorted() == ["code", "message", "task_id", "timestamp"])
        }
    }

    @Test func codesOfThePageAreThoseOfTheProgram() throws {
        let page = try Repository.text("docs/messages.md")
        let codes: [ResultCode] = [
            .notImplemented, .noServices, .unknownService, .unknownCommand, .malformed, .duplicateTaskID, .queueFull,
            .couldNotStart, .timedOut, .interrupted, .expired, .storageUnavailable, .cancelled, .alreadyFinished,
            .unknownTask, .notAuthentic, .wrongTarget,
        ]
        for code in codes {
            #expect(page.contains("| \(code.rawValue) | 0x\(String(code.rawValue, radix: 16)) |"), "\(code)")
        }
    }

    private func examples(_ kind: String) throws -> [String] {
        try Snippet.all(in: Repository.text("docs/messages.md")).filter { $0.kind == kind }.map(\.text)
    }
}
