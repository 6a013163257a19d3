import JSON
import TestSupport
import Testing

/// What a task may ask for beside running a command: `check` and `cancel`.
@Suite(.crowd)
struct VerbTests {
    private func check(_ command: JSONValue, _ parameters: JSONValue? = nil) -> JSONObject {
        var members: JSONObject = ["check": ["service": "t", "command": command]]
        guard let parameters else { return members }
        members["check"] = ["service": "t", "command": command, "parameters": parameters]
        return members
    }

    private func hold(_ directory: TemporaryDirectory) -> String {
        "\(Stage.noted(in: directory)); flock -s \(directory.path("gate")) true"
    }

    @Test func checkSaysWhatWouldRunAndRunsNothing() async throws {
        try await Stage.with(["MaxConcurrent": 8]) { directory in
            let note = JSONValue.string(directory.path("ledger"))
            return [
                "deep": [
                    "program": ["/usr/bin/tee", note, "{text}"], "user": "root", "directory": "/tmp",
                    "limits": ["core": 0, "open-files": 64], "lock": "disk", "timeout": "7s",
                    "parameters": ["text": ["type": "string", "pattern": "[a-z]+", "length": 10]],
                ],
                "line": .string(Stage.noted(in: directory) + " | cat"),
                "hold": [
                    "program": ["/bin/sh", "-c", .string(hold(directory))], "lock": "disk",
                ],
            ]
        } _: { stage in
            let deep = try #require(try await stage.sender.ask(1, check("deep", ["text": "abc"])).content)
            #expect(deep["argv"] == ["/usr/bin/tee", .string(stage.directory.path("ledger")), "abc"])
            #expect(deep["user"] == "root" && deep["directory"] == "/tmp" && deep["lock"] == "disk")
            #expect(deep["limits"] == ["core": 0, "open-files": 64])
            #expect(deep["timeout_ms"] == 7000 && deep["would_wait"] == false)
            #expect(try JSONSchema("check").violations(of: .object(deep)).isEmpty)
            let line = try #require(try await stage.sender.ask(2, check("line")).content)
            #expect(line["argv"]?.array?.first == "/bin/sh")
            #expect(try JSONSchema("check").violations(of: .object(line)).isEmpty)
            #expect(try await stage.sender.ask(3, check("deep", ["text": "A"])).code == 0x1004)
            #expect(try await stage.sender.ask(4, check("none")).code == 0x1003)
            #expect(stage.executed.isEmpty)
            stage.sender.send(5, "t", "hold")
            try await stage.executions(1)
            let waiting = try await stage.sender.ask(6, check("deep", ["text": "abc"])).content
            #expect(waiting?["would_wait"] == true)
            #expect(try await stage.sender.ask(7, check("line")).content?["would_wait"] == false)
            #expect(stage.executed.count == 1)
        }
    }

    @Test("M60: cancelled in the queue, it never runs") func cancelledInTheQueueItNeverRuns() async throws {
        try await Stage.with(["MaxConcurrent": 1]) {
            ["hold": Stage.held("echo done", in: $0), "count": .string(Stage.noted(in: $0))]
        } _: { stage in
            stage.sender.send(1, "t", "hold")
            stage.sender.send(2, "t", "count")
            try await stage.executions(1)
            #expect(try await stage.sender.ask(3, ["cancel": 2]).code == 0)
            #expect(try await stage.sender.answer(to: 2).code == 0x1106)
            #expect(try await stage.sender.ask(4, ["cancel": 2]).code == 0x1107)
            try await stage.restart()
            stage.openGate()
            #expect(try await stage.sender.answer(to: 1).code == 0)
            #expect(try await stage.sender.ask(5, "t", "count").code == 0)
            #expect(stage.executed.count == 2)
        }
    }

    @Test("M60: cancelled while it runs, it says what it printed") func cancelledWhileItRunsItSaysWhatItPrinted()
        async throws
    {
        try await Stage.with {
            ["hold": .string("echo begun; \(Stage.noted(in: $0)); sleep 1000")]
        } _: { stage in
            stage.sender.send("id", "t", "hold")
            try await stage.executions(1)
            #expect(try await stage.sender.ask(2, ["cancel": "id"]).code == 0)
            let answer = try await stage.sender.answer(to: "id")
            #expect(answer.code == 0x1106 && answer.message == "begun")
            #expect(try await stage.sender.ask(3, ["cancel": "id"]).code == 0x1107)
        }
    }

    @Test func cancelEndsATreeThatDoesNotListen() async throws {
        try await Stage.with { directory in
            let deaf = "trap '' TERM; echo $$ >>\(directory.path("ledger")); while :; do sleep 1000; done"
            return [
                "deaf": [
                    "program": ["/bin/sh", "-c", .string("trap '' TERM; setsid sh -c \"$0\" & \(deaf)"), .string(deaf)]
                ]
            ]
        } _: { stage in
            stage.sender.send(1, "t", "deaf")
            try await stage.executions(2)
            #expect(try await stage.sender.ask(2, ["cancel": 1]).code == 0)
            #expect(try await stage.sender.answer(to: 1).code == 0x1106)
            for process in stage.executed {
                #expect(throws: SystemFailure.self) { try ChildProgram.run("/bin/kill", "-0", process) }
            }
        }
    }

    @Test("M60: a cancel reaches what an agent before started") func cancelReachesWhatAnAgentBeforeStarted()
        async throws
    {
        try await Stage.with {
            ["hold": .string("echo begun; \(Stage.noted(in: $0)); sleep 1000")]
        } _: { stage in
            stage.sender.send(1, "t", "hold")
            try await stage.executions(1)
            try await stage.restart()
            #expect(try await stage.sender.ask(2, ["cancel": 1]).code == 0)
            let answer = try await stage.sender.answer(to: 1)
            #expect(answer.code == 0x1106 && answer.message == "begun")
        }
    }

    @Test("M60: a cancel of what is over or unknown says so") func cancelOfWhatIsOverOrUnknownSaysSo() async throws {
        try await Stage.with { _ in
            ["echo": "echo hi"]
        } _: { stage in
            _ = try await stage.sender.ask(1, "t", "echo")
            #expect(try await stage.sender.ask(2, ["cancel": 1]).code == 0x1107)
            #expect(try await stage.sender.ask(3, ["cancel": "1"]).code == 0x1108)
            #expect(try await stage.sender.ask(4, ["cancel": 99]).code == 0x1108)
            try await stage.restart()
            #expect(try await stage.sender.ask(5, ["cancel": 1]).code == 0x1107)
        }
    }
}
