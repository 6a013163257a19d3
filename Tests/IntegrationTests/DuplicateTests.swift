import Glibc
import JSON
import TestSupport
import Testing

/// What becomes of a task that comes again (F-26, M42, M43, M63).
@Suite(.crowd)
struct DuplicateTests {
    private func run(_ body: (Stage) async throws -> Void) async throws {
        try await Stage.with {
            [
                "hold": Stage.held("echo done; exit 7", in: $0), "count": .string(Stage.noted(in: $0) + "; date +%N"),
                "other": "echo other",
            ]
        } _: {
            try await body($0)
        }
    }

    private let count: JSONObject = ["service": "t", "command": "count", "timestamp": "2020-11-26T00:41:19Z"]
    private let hold: JSONObject = ["service": "t", "command": "hold"]

    @Test("M42: repeated while it runs, it is answered once at its end")
    func repeatedWhileItRunsItIsAnsweredOnceAtItsEnd() async throws {
        try await run { stage in
            for _ in 0..<10 { stage.sender.send(1, hold) }
            try await stage.executions(1)
            for _ in 0..<10 { stage.sender.send(1, hold) }
            try await stage.settle()
            #expect(stage.sender.answers(to: 1).isEmpty)
            stage.openGate()
            #expect(try await stage.sender.answer(to: 1).code == 7)
            try await stage.settle()
            #expect(stage.sender.answers(to: 1).count == 1)
            #expect(stage.executed.count == 1)
        }
    }

    @Test("M42: repeated after its end, it gets the stored answer", arguments: [nil, SIGTERM, SIGKILL])
    func repeatedAfterItsEndItGetsTheStoredAnswer(signal: CInt?) async throws {
        try await run { stage in
            let first = try await stage.sender.ask("a", count)
            if let signal { try await stage.restart(signal) }
            // What was answered but not acknowledged when the agent was killed may be told once more by itself.
            stage.sender.send("a", count)
            try await eventually("the stored answer") { stage.sender.answers(to: "a").count >= 2 }
            #expect(stage.sender.answers(to: "a").allSatisfy { $0.payload == first.payload })
            #expect(stage.executed.count == 1)
        }
    }

    @Test func repeatedWithDetailItSaysSo() async throws {
        try await run { stage in
            var task = count
            task["reply"] = ["detail": true]
            let first = try await stage.sender.ask(1, task)
            #expect(first["replayed"] == false)
            try await stage.restart(SIGKILL)
            stage.sender.send(1, task)
            try await eventually("the stored answer") {
                stage.sender.answers(to: 1).contains { $0["replayed"] == true }
            }
            var again = try #require(stage.sender.answers(to: 1).last { $0["replayed"] == true }).members
            again["replayed"] = false
            #expect(again == first.members)
        }
    }

    @Test("M43: other content is refused while the first runs, and runs afterwards")
    func otherContentIsRefusedWhileTheFirstRunsAndRunsAfterwards() async throws {
        try await run { stage in
            stage.sender.send(1, hold)
            try await stage.executions(1)
            let refused = try await stage.sender.ask(1, "t", "other")
            #expect(refused.code == 0x1100)
            stage.openGate()
            try await eventually("the first") { stage.sender.answers(to: 1).count == 2 }
            stage.sender.send(1, "t", "other")
            try await eventually("the second") { stage.sender.answers(to: 1).count == 3 }
            #expect(stage.sender.answers(to: 1).map(\.code) == [0x1100, 7, 0])
            #expect(stage.sender.answers(to: 1).last?.message == "other")
        }
    }

    @Test(
        "M63: spaces and order make no other task",
        arguments: [
            #"{"task_id": 1, "service": "t", "command": "count"}"#,
            "{\n\t\"command\" :\"count\",\"service\":\"t\" , \"task_id\":1 }\n",
            #"{"command":"co\u0075nt","service":"t","task_id":1,"unknown":[1,2]}"#,
        ])
    func spacesAndOrderMakeNoOtherTask(text: String) async throws {
        try await run { stage in
            let first = try await stage.sender.ask(1, ["service": "t", "command": "count"])
            stage.sender.publish(text)
            try await eventually("a second answer") { stage.sender.answers(to: 1).count == 2 }
            #expect(stage.sender.answers(to: 1).last?.payload == first.payload)
            #expect(stage.executed.count == 1)
        }
    }

    @Test func idOfAnotherTypeIsAnotherTask() async throws {
        try await run { stage in
            _ = try await stage.sender.ask(1, count)
            _ = try await stage.sender.ask("1", count)
            #expect(stage.executed.count == 2)
        }
    }

    @Test("F-26: a hundred copies from two senders across a restart are one execution")
    func hundredCopiesFromTwoSendersAcrossARestartAreOneExecution() async throws {
        try await run { stage in
            try await Sender.with(
                stage.broker, topic: "recovery/web01/command", results: "recovery/web01/result"
            ) { other in
                func send() { for sender in [stage.sender, other] { sender.send(1, count) } }
                for _ in 0..<25 { send() }
                try await stage.executions(1)
                stage.agent.end(SIGKILL)
                for _ in 0..<25 { send() }
                try await stage.agent.start(stage.broker)
                send()
                let answers = try await [stage.sender.answer(to: 1), other.answer(to: 1)]
                try await stage.settle()
                #expect(answers[0].payload == answers[1].payload)
                #expect(stage.sender.answers(to: 1).allSatisfy { $0.payload == answers[0].payload })
                #expect(stage.executed.count == 1)
            }
        }
    }
}
