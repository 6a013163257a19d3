import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

/// Refusals do not pass unnoticed, and what must not count does not.
@Suite(.crowd)
struct QuietFailureTests {
    @Test("T40: who tries is counted, by what he tried") func refusalsAreCounted() async throws {
        let trust = try Trust(rules: [
            ["action": "deny", "who": "*", "service": "t", "command": "other"],
            ["action": "allow", "who": "*", "service": "*", "command": "*"],
        ])
        try await Stage.with(
            trust.members,
            commands: { ["note": .string(Stage.noted(in: $0)), "other": .string(Stage.noted("y", in: $0))] },
            { (stage: Stage) async throws in
                let stranger = try Signer("stranger")
                let good = trust.ops.task(1, "note")
                let tasks =
                    [stranger.task(2, "note"), stranger.task(3, "note"), trust.ops.task(4, "other")]
                    + [trust.ops.task(5, "note", at: .now + .seconds(-301)), good, Array("no task".utf8)]
                stage.sender.publish(good)
                #expect(try await stage.sender.answer(to: 1).code == 0)
                for task in tasks { stage.sender.publish(task) }
                stage.sender.publish(trust.ops.task(9, "note"))
                #expect(try await stage.sender.answer(to: 9).code == 0)
                let expected = [
                    "not-authentic": 2, "denied": 1, "expired": 1, "repeated": 1, "unreadable": 1, "succeeded": 2,
                ]
                try await eventually(within: .seconds(60), "the counters: \(stage.agent.log.suffix(2000))") {
                    stage.agent.send(SIGUSR1)
                    usleep(200_000)
                    return expected.allSatisfy {
                        stage.agent.log.contains("total_requests-\($0.key) value=\($0.value)\n")
                    }
                }
                #expect(stage.executed == ["x", "x"])
            })
    }

    @Test("T3, M44: a retained task is dropped and counted at every connection") func retainedTaskNeverRuns()
        async throws
    {
        try await Stage.with(commands: { ["note": .string(Stage.noted(in: $0))] }) { (stage: Stage) async throws in
            stage.agent.end()
            let task = Sender.task(1, ["service": "t", "command": "note"])
            // Only the broker has it when the agent comes: a session that lives on would get it as a fresh one.
            stage.broker.kill()
            try await stage.broker.start()
            let topics = ["test-topic", "recovery/web01/command"]
            for topic in topics { stage.sender.publish(task, to: topic, retain: true) }
            try await eventually("the broker has both") {
                let retained = stage.broker.log.split(separator: "\n").filter { $0.contains(", r1, m") }
                return topics.allSatisfy { topic in retained.contains { $0.contains("'\(topic)'") } }
            }
            for round in 1...10 as ClosedRange<Int64> {
                try await stage.agent.start(stage.broker)
                _ = try await stage.sender.ask(.integer(100 + round), "agent", "ping")
                if round < 10 { stage.agent.end(round.isMultiple(of: 2) ? SIGTERM : SIGKILL) }
            }
            #expect(stage.executed.isEmpty && stage.sender.answers(to: 1).isEmpty)
            #expect(stage.agent.log.contains("a retained message is not a task"))
        }
    }

    @Test("T24, T25, M26 to M28: what is too large or too deep is refused, and harms nobody") func sizeIsBounded()
        async throws
    {
        try await Stage.with(commands: { ["note": .string(Stage.noted(in: $0))] }) { (stage: Stage) async throws in
            let head = #"{"task_id": 1, "service": "t", "command": "note", "x": "#
            func nested(_ depth: Int) -> String {
                head + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
            }
            let wide = head + "[" + String(repeating: "0,", count: 100_000) + "0]}"
            for text in [nested(9), nested(2048), nested(2049), nested(30_000), wide] { stage.sender.publish(text) }
            for megabytes in [1, 16, 64] {
                stage.sender.publish([UInt8](repeating: UInt8(ascii: "["), count: megabytes << 20))
            }
            try await eventually(within: .seconds(60), "a ping is answered") {
                stage.sender.send(2, "agent", "ping")
                usleep(100_000)
                return !stage.sender.answers(to: 2).isEmpty
            }
            #expect(stage.sender.answers(to: 1).allSatisfy { $0.code == 0x1004 })
            #expect(!stage.sender.answers(to: 1).isEmpty && stage.executed.isEmpty)
        }
    }

    @Test(
        "T15: a command that multiplies without end costs the agent nothing",
        .enabled(if: geteuid() == 0, "a limit of processes counts for nobody but other users"))
    func forkBombIsBounded() async throws {
        let bomb: JSONValue = [
            "program": ["/bin/sh", "-c", "b() {{ b | b & }; b; while :; do sleep 1; done"], "user": "nobody",
            "limits": ["processes": 60, "file-size": 4096], "timeout": "2s",
        ]
        try await Stage.with(commands: { ["bomb": bomb, "note": .string(Stage.noted(in: $0))] }) {
            (stage: Stage) async throws in
            stage.sender.send(1, "t", "bomb")
            for round in 10...20 as ClosedRange<Int64> {
                #expect(try await stage.sender.ask(.integer(round), "agent", "ping").code == 0)
                #expect(try await stage.sender.ask(.integer(100 + round), "t", "note").code == 0)
            }
            #expect(try await stage.sender.answer(to: 1).code == 0x1104)
            let left = Set(AgentProcesses.withDescendants(runtime: stage.agent.runtime))
            #expect(left.subtracting(stage.agent.processes).isEmpty)
        }
    }
}
