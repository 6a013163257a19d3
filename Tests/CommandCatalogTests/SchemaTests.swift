import CommandCatalog
import JSON
import TestSupport
import Testing

/// What is written is as `docs/schemas` says, and what is refused is not.
struct SchemaTests {
    @Test(arguments: SeededGenerator.seeds) func everyTaskMatches(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let schema = try JSONSchema("task")
        for _ in 0..<300 {
            let task = try TaskSample.random(&chance).json
            #expect(schema.violations(of: task).isEmpty, "\(task.text)")
        }
    }

    @Test(arguments: [
        "{\"service\":\"s\",\"command\":\"c\"}", "{\"task_id\":1}", "{\"task_id\":1.5,\"cancel\":1}",
        "{\"task_id\":\"\",\"cancel\":1}", "{\"task_id\":1,\"command\":\"c\"}",
        "{\"task_id\":1,\"service\":\"s\",\"command\":\"c\",\"cancel\":1}",
        "{\"task_id\":1,\"check\":{\"service\":\"s\"}}", "{\"task_id\":1,\"cancel\":null}",
        "{\"task_id\":1,\"cancel\":1,\"config\":\"\"}", "{\"task_id\":1,\"fetch\":{\"task_id\":1,\"length\":0}}",
        "{\"task_id\":1,\"fetch\":{\"task_id\":1,\"stream\":\"x\"}}",
        "{\"task_id\":1,\"cancel\":1,\"expires\":\"now\"}",
        "{\"task_id\":1,\"cancel\":1,\"reply\":{\"detail\":1}}", "{\"task_id\":1,\"cancel\":1,\"timestamp\":5}",
        "{\"task_id\":1,\"cancel\":1,\"needs\":[\"x\"]}", "{\"task_id\":1,\"service\":\"\",\"command\":\"c\"}",
    ])
    func whatTheReaderRefusesTheSchemaRefuses(_ text: String) throws {
        #expect(throws: TaskMessageError.self) { try TaskMessage(Array(text.utf8)) }
        #expect(try !JSONSchema("task").violations(of: JSONText(Array(text.utf8)).value).isEmpty)
    }

    @Test func everyResultMatches() throws {
        let schema = try JSONSchema("result")
        for state in TaskResult.State.allCases {
            for reason in ResultReason.allCases {
                var detail = TaskResult.Detail(host: "h", bootID: "b", state: state, reason: reason)
                (detail.exit, detail.signal, detail.duration) = (3, 9, .milliseconds(5))
                (detail.accepted, detail.started, detail.finished) = (.now, .now, .now)
                let digest = String(repeating: "0f", count: 32)
                detail.stdout = TaskResult.Output(text: "", bytes: 0, kept: 0, sha256: digest)
                (detail.stderr, detail.catalog, detail.by) = (detail.stdout, digest, TaskResult.Origin(from: "f"))
                let result = TaskResult(
                    taskID: .text("x"), timestamp: .now, message: "", code: .success, detail: detail)
                #expect(schema.violations(of: result.json).isEmpty)
            }
        }
        let plain = TaskResult(taskID: .integer(1), timestamp: .now, message: "", code: .timedOut).json
        #expect(schema.violations(of: plain).isEmpty)
        var half = try #require(plain.object)
        half["state"] = "finished"
        #expect(!schema.violations(of: .object(half)).isEmpty)
        half["state"] = nil
        half["what"] = 1
        #expect(!schema.violations(of: .object(half)).isEmpty)
    }

    @Test func everyEventMatches() throws {
        let schema = try JSONSchema("event")
        let chunk = TaskEvent.Chunk(stream: .stderr, offset: 0, bytes: 1, text: "a")
        let kinds: [TaskEvent.Kind] = [.accepted, .started, .output(chunk), .refused(.expired), .finished(.success)]
        for kind in kinds {
            let event = TaskEvent(taskID: .integer(1), host: "h", sequence: 0, time: .now, kind: kind).json
            #expect(schema.violations(of: event).isEmpty, "\(event.text)")
            var broken = try #require(event.object)
            broken[broken.members.count > 6 ? broken.members[6].name : "kind"] = nil
            #expect(!schema.violations(of: .object(broken)).isEmpty)
        }
    }
}
