import Glibc
import JSON
import TestSupport
import Testing

/// What commands printed beyond their answers, piece by piece.
@Suite(.crowd)
struct FetchTests {
    /// 228,894 bytes on one stream, 217,007 on the other.
    private let program = "seq 1 40000; seq 100000 131000 >&2"
    private let printed = (1...40_000).map { "\($0)\n" }.joined()
    private let errors = (100_000...131_000).map { "\($0)\n" }.joined()

    /// One piece.
    private func piece(
        _ stage: Stage, of id: JSONValue, _ stream: String, at offset: Int, length: Int = 50_000
    ) async throws -> [UInt8] {
        let number = JSONValue.string("fetch-\(UInt64.random(in: 0 ... .max))")
        let answer = try await stage.sender.ask(
            number,
            [
                "fetch": [
                    "task_id": id, "stream": .string(stream), "offset": .integer(Int64(offset)),
                    "length": .integer(Int64(length)),
                ]
            ])
        #expect(answer.code == 0)
        let content = try #require(answer.content)
        let bytes = try #require(content["data"]?.string.flatMap(Base64Text.bytes))
        #expect(content["offset"] == .integer(Int64(offset)) && content["bytes"] == .integer(Int64(bytes.count)))
        #expect(bytes.count <= length)
        return bytes
    }

    /// The SHA-256 of bytes, by another program.
    private func digest(of bytes: [UInt8], _ stage: Stage) throws -> String {
        try stage.directory.write(bytes, to: "bytes")
        return String(try ChildProgram.run("/usr/bin/sha256sum", stage.directory.path("bytes")).prefix(64))
    }

    /// All that can be had of a stream.
    private func whole(_ stage: Stage, of id: JSONValue, _ stream: String) async throws -> String {
        var bytes: [UInt8] = []
        while true {
            let piece = try await piece(stage, of: id, stream, at: bytes.count)
            if piece.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece
        }
    }

    @Test func largeOutputIsFetchedWhileItRunsAtItsEndAndAfterARestart() async throws {
        try await Stage.with {
            let line = "\(program); \(Stage.noted(in: $0)); flock -s \($0.path("gate")) true; echo end"
            return ["large": ["program": ["/bin/sh", "-c", .string(line)], "output": 4096]]
        } _: { stage in
            stage.sender.send("id", "t", "large")
            try await stage.executions(1)
            #expect(try await whole(stage, of: "id", "stdout") == printed)
            #expect(try await whole(stage, of: "id", "stderr") == errors)
            stage.openGate()
            let answer = try await stage.sender.answer(to: "id")
            #expect(answer.code == 0 && answer.message?.contains("bytes omitted") == true)
            #expect(answer.message?.hasSuffix("end") == true)
            // At once, while it is still being compressed.
            #expect(try await whole(stage, of: "id", "stdout") == printed + "end\n")
            #expect(try await whole(stage, of: "id", "stderr") == errors)
            try await stage.restart(SIGKILL)
            #expect(try await whole(stage, of: "id", "stdout") == printed + "end\n")
            #expect(try await whole(stage, of: "id", "stderr") == errors)
            let middle = try await piece(stage, of: "id", "stdout", at: 9, length: 6)
            #expect(middle == Array("\n6\n7\n8".utf8))
            #expect(try await piece(stage, of: "id", "stdout", at: 1_000_000).isEmpty)
        }
    }

    @Test func outputOfARunThatWasAnsweredBeforeItsAgentWasKilledIsKept() async throws {
        try await Stage.with {
            ["large": .string("\(program); \(Stage.noted(in: $0)); flock -s \($0.path("gate")) true")]
        } _: { stage in
            stage.sender.send("id", "t", "large")
            try await stage.executions(1)
            let (runs, copy) = (stage.agent.runtime + "/runs", stage.directory.path("copy"))
            try ChildProgram.run("/bin/cp", "-a", runs, copy)
            stage.openGate()
            #expect(try await stage.sender.answer(to: "id").code == 0)
            #expect(stage.agent.end(SIGTERM) == 0)
            // As if the agent had been killed when the broker had just got the result.
            try ChildProgram.run("/bin/rm", "-r", runs, stage.agent.directory.path("state/output"))
            try ChildProgram.run("/bin/cp", "-a", copy, runs)
            try await stage.agent.start(stage.broker)
            #expect(try await whole(stage, of: "id", "stdout") == printed)
            #expect(try await whole(stage, of: "id", "stderr") == errors)
            try await eventually("the run's files are gone") {
                try ChildProgram.run("/bin/ls", runs).isEmpty
            }
            #expect(try await whole(stage, of: "id", "stdout") == printed)
        }
    }

    @Test func whatIsBeyondTheBoundIsCountedAndNotKept() async throws {
        try await Stage.with(["OutputPerCommand": 100_000]) { _ in
            ["large": ["program": ["/bin/sh", "-c", .string(program)], "output": 4096]]
        } _: { stage in
            let answer = try await stage.sender.ask(
                1, ["service": "t", "command": "large", "reply": ["detail": true]])
            #expect(answer["stdout"]?.object?["bytes"] == .integer(Int64(printed.utf8.count)))
            #expect(answer["stdout"]?.object?["kept"] == 100_000)
            let kept = Array(printed.utf8.prefix(100_000))
            #expect(answer["stdout"]?.object?["sha256"] == .string(try digest(of: kept, stage)))
            #expect(
                answer["stderr"]?.object?["sha256"]
                    == .string(try digest(of: Array(errors.utf8.prefix(100_000)), stage)))
            #expect(try await whole(stage, of: 1, "stdout").utf8.elementsEqual(printed.utf8.prefix(100_000)))
            // Head and tail are in the answer all the same.
            #expect(
                answer.message?.hasPrefix("1\n2\n3\n") == true && answer.message?.hasSuffix("\n39999\n40000") == true)
        }
    }

    @Test func smallOutputIsFetchedFromItsAnswer() async throws {
        try await Stage.with { _ in
            ["echo": "echo hi; echo no >&2", "both": "echo hi; echo no >&2"]
        } _: { stage in
            _ = try await stage.sender.ask(1, "t", "echo")
            #expect(try await whole(stage, of: 1, "stdout").hasPrefix("hi"))
            let missing = try await stage.sender.ask(3, ["fetch": ["task_id": 1, "stream": "stderr"]])
            #expect(missing.code == 0x1108 && missing.message?.contains("reply.detail") == true)
            let detailed = try await stage.sender.ask(
                4, ["service": "t", "command": "both", "reply": ["detail": true]])
            #expect(detailed["stdout"]?.object?["sha256"] == .string(try digest(of: Array("hi\n".utf8), stage)))
            #expect(try await whole(stage, of: 4, "stderr") == "no")
            #expect(try await whole(stage, of: 4, "stdout") == "hi")
            try await stage.restart(SIGKILL)
            #expect(try await whole(stage, of: 4, "stderr") == "no")
            #expect(try await stage.sender.ask(2, ["fetch": ["task_id": 99]]).code == 0x1108)
        }
    }
}
