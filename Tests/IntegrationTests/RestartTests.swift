import Glibc
import JSON
import TestSupport
import Testing

/// What becomes of commands and of waiting tasks when the agent ends.
@Suite(.crowd)
struct RestartTests {
    private func line(_ directory: TemporaryDirectory) -> String {
        "\(Stage.noted("$0", in: directory)); flock -s \(directory.path("gate")) true; echo done $0; exit $0"
    }

    @Test("F-36: twenty running commands answer the next agent", arguments: [SIGTERM, SIGKILL])
    func twentyRunningCommandsAnswerTheNextAgent(signal: CInt) async throws {
        try await Stage.with(["MaxConcurrent": 20]) { directory in
            [
                "hold": [
                    "program": ["/bin/sh", "-c", .string(line(directory)), "{n}"],
                    "parameters": ["n": ["type": "integer", "range": [0, 255]]],
                ]
            ]
        } _: { stage in
            for id in 0..<20 {
                let number = JSONValue.integer(Int64(id))
                stage.sender.send(number, ["service": "t", "command": "hold", "parameters": ["n": number]])
            }
            try await stage.executions(20)
            let before = stage.agent.processes.count
            #expect(stage.agent.end(signal) == (signal == SIGTERM ? 0 : 128 + signal))
            // The agent is gone, its runner and the supervisors are not.
            #expect(stage.agent.processes.count == before - 1)
            try await stage.agent.start(stage.broker)
            stage.openGate()
            for id in 0..<Int64(20) {
                let answer = try await stage.sender.answer(to: .integer(id))
                #expect(answer.code == id && answer.message == "done \(id)")
            }
            #expect(stage.executed.count == 20)
        }
    }

    @Test func commandsThatEndWhileThereIsNoAgentAnswerTheNextOne() async throws {
        try await Stage.with {
            ["hold": Stage.held("echo done; exit 7", in: $0)]
        } _: { stage in
            stage.sender.send(1, "t", "hold")
            try await stage.executions(1)
            stage.agent.end(SIGKILL)
            stage.openGate()
            // The runner stays for the next agent; the supervisor's record is what it left.
            try await eventually("the command ended") { stage.agent.processes.count == 1 }
            try await stage.agent.start(stage.broker)
            let answer = try await stage.sender.answer(to: 1)
            #expect(answer.code == 7 && answer.message == "done")
            #expect(stage.executed.count == 1)
        }
    }

    @Test(arguments: [SIGTERM, SIGKILL]) func waitingTasksAreStartedByTheNextAgent(signal: CInt) async throws {
        try await Stage.with(["MaxConcurrent": 1]) { directory in
            [
                "hold": Stage.held("echo done", in: directory),
                "a": .string(Stage.noted("a", in: directory)), "b": .string(Stage.noted("b", in: directory)),
            ]
        } _: { stage in
            stage.sender.send(1, "t", "hold")
            stage.sender.send(2, "t", "a")
            stage.sender.send(3, "t", "b")
            try await stage.executions(1)
            try await stage.settle()
            try await stage.restart(signal)
            stage.openGate()
            for id in 1...3 { #expect(try await stage.sender.answer(to: .integer(Int64(id))).code == 0) }
            #expect(stage.executed == ["x", "a", "b"])
        }
    }

    @Test("F-35: a command that kills its agent is answered") func commandThatKillsItsAgentIsAnswered() async throws {
        try await Stage.with { directory in
            ["kill": .string("kill -9 $(cat \(directory.path("agent"))); echo after; exit 3")]
        } _: { stage in
            try stage.directory.write("\(stage.agent.identifier)", to: "agent")
            stage.sender.send(1, "t", "kill")
            // No signal: it only waits for the end that the command brings.
            #expect(stage.agent.end(0) == 128 + SIGKILL)
            try await stage.agent.start(stage.broker)
            let answer = try await stage.sender.answer(to: 1)
            #expect(answer.code == 3 && answer.message == "after")
        }
    }

    @Test func stopWithNothingRunningLeavesNoProcess() async throws {
        try await Stage.with { _ in
            ["echo": "echo hi"]
        } _: { stage in
            #expect(try await stage.sender.ask(1, "t", "echo").message == "hi")
            #expect(stage.agent.end(SIGTERM) == 0)
            try await eventually("nothing of ours is left") { stage.agent.processes.isEmpty }
        }
    }
}
