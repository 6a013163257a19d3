import Glibc
import JSON
import TestSupport
import Testing

/// What becomes of commands that a reboot cut off (F-05).
@Suite(.crowd)
struct BootTests {
    /// Starts a command, and lets the agent find itself in the next boot.
    private func reboot(_ command: String, _ body: (Stage) async throws -> Void) async throws {
        let first = ["RECOVERD_BOOT_ID": "first"]
        try await Stage.with(environment: first) { directory in
            let line = Stage.held("echo done", in: directory)
            return ["once": line, "again": ["program": ["/bin/sh", "-c", line], "interrupted": "rerun"]]
        } _: { stage in
            stage.sender.send(1, ["service": "t", "command": .string(command), "reply": ["detail": true]])
            try await stage.executions(1)
            stage.agent.end(SIGKILL)
            // A reboot leaves no process and no runtime directory.
            for process in AgentProcesses.withDescendants(runtime: stage.agent.runtime) { kill(process, SIGKILL) }
            try await eventually("nothing is left") { stage.agent.processes.isEmpty }
            try ChildProgram.run("/bin/rm", "-rf", stage.agent.runtime)
            try await stage.agent.start(stage.broker, environment: ["RECOVERD_BOOT_ID": "second"])
            try await body(stage)
        }
    }

    @Test("F-05: interrupted once, and never run again") func interruptedOnceAndNeverRunAgain() async throws {
        try await reboot("once") { stage in
            let answer = try await stage.sender.answer(to: 1)
            #expect(answer.code == 0x1105 && answer["state"] == "interrupted")
            stage.openGate()
            try await stage.settle()
            for boot in ["second", "third"] {
                try await stage.restart(environment: ["RECOVERD_BOOT_ID": boot])
                try await stage.settle()
            }
            #expect(stage.sender.answers(to: 1).count == 1)
            #expect(stage.executed.count == 1)
        }
    }

    @Test("F-05: run again where its command says so") func runAgainWhereItsCommandSaysSo() async throws {
        try await reboot("again") { stage in
            try await stage.executions(2)
            stage.openGate()
            let answer = try await stage.sender.answer(to: 1)
            #expect(answer.code == 0 && answer.message == "done")
            try await stage.restart(environment: ["RECOVERD_BOOT_ID": "third"])
            try await stage.settle()
            #expect(stage.executed.count == 2 && stage.sender.answers(to: 1).count == 1)
        }
    }

    /// Nobody knows of a command what its killed supervisor would have told.
    @Test func killedSupervisorIsAnInterruptionToo() async throws {
        try await Stage.with {
            ["once": Stage.held("echo done", in: $0)]
        } _: { stage in
            let before = Set(stage.agent.processes)
            stage.sender.send(1, "t", "once")
            try await stage.executions(1)
            let started = stage.agent.processes.filter { !before.contains($0) }
            #expect(!started.isEmpty)
            // The supervisor is the youngest: the runner may have been started with it.
            if let supervisor = started.max() { kill(supervisor, SIGKILL) }
            #expect(try await stage.sender.answer(to: 1).code == 0x1105)
            #expect(stage.executed.count == 1)
        }
    }
}
