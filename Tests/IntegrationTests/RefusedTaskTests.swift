import CommandCatalog
import Glibc
import JSON
import Signatures
import TestSupport
import Testing

/// What is refused starts no process: neither the agent nor its runner, nor anything below them, executes a program.
@Suite(.crowd)
struct RefusedTaskTests {
    /// One message that must do nothing.
    private struct Refused {
        let name: String
        let payload: [UInt8]
        var isRetained = false

        init(_ name: String, _ payload: [UInt8], isRetained: Bool = false) {
            (self.name, self.payload, self.isRetained) = (name, payload, isRetained)
        }

        /// A good task, changed as text.
        init(_ name: String, _ task: [UInt8], _ old: String, _ new: String) throws {
            let text = String(decoding: task, as: UTF8.self)
            let range = try #require(text.firstRange(of: old), "\(old) in \(text)")
            self.init(name, Array((text[..<range.lowerBound] + new + text[range.upperBound...]).utf8))
        }
    }

    private static let rules: JSONValue = [
        ["action": "allow", "who": "role:operator", "kind": ["command", "check"], "service": "t", "command": "note"],
        ["action": "allow", "who": "role:operator", "service": "agent", "command": "ping"],
    ]

    private func refused(_ trust: Trust, captured: [UInt8], agent: AgentFixture) throws -> [Refused] {
        let (ops, stranger, liar) = (trust.ops, try Signer("stranger"), try Signer("ops"))
        let host = try Signer("ops", SigningKey(file: agent.directory.path("state/host-key.pem")))
        let request = CommandRequest(
            service: try #require(Name("t")), command: try #require(Name("note")), parameters: nil)
        let check = ops.task(30, .check(request))
        let kind = #""check":{"service":"t","command":"note"}"#
        return [
            Refused("captured", captured),
            Refused("unsigned", Sender.task(10, ["service": "t", "command": "note"])),
            Refused("foreign key", stranger.task(11, "note")),
            Refused("foreign key under a good name", liar.task(12, "note")),
            Refused("the host's own key", host.task(13, "note")),
            Refused("revoked key", trust.guest.task(14, "note")),
            Refused("another host", ops.task(15, "note", target: "host/web02")),
            Refused("a group that is not ours", ops.task(16, "note", target: "group/web01")),
            Refused("denied", ops.task(17, "other")),
            Refused("denied kind", ops.task(18, .cancel(.integer(1)))),
            Refused("too old", ops.task(19, "note", at: .now + .seconds(-301))),
            Refused("too early", ops.task(20, "note", at: .now + .seconds(90))),
            Refused("used id", ops.task(1, "other")),
            Refused("retained", ops.task(21, "note", target: "host/web02"), isRetained: true),
            try Refused("changed command", ops.task(22, "other"), #""other""#, #""note""#),
            try Refused("stripped", ops.task(23, "note"), #""auth""#, #""ignored""#),
            try Refused("empty auth", ops.task(24, "note"), #""auth":{"#, #""auth":{},"ignored":{"#),
            try Refused("given twice", ops.task(25, "other"), #"{"#, #"{"command":"note","#),
            try Refused("given twice, escaped", ops.task(26, "other"), #"{"#, #"{"\u0063ommand":"note","#),
            try Refused("another version", ops.task(27, "note"), #""v":1"#, #""v":2"#),
            try Refused("another algorithm", ops.task(28, "note"), "ed25519", "none"),
            try Refused("another kind", check, kind, #""service":"t","command":"note""#),
            Refused("cut", ops.task(29, "note").dropLast()),
            Refused("empty", []),
            Refused("an array", Array("[]".utf8)),
            Refused("with a NUL", ops.task(31, "note") + [0]),
            Refused("nested", Array(String(repeating: "[", count: 5000).utf8)),
        ]
    }

    @Test("T1, T2, T4, T5, T6, M15: no refused message starts a process") func nothingIsExecuted() async throws {
        let trust = try Trust(rules: Self.rules)
        try trust.trust(trust.guest, roles: ["operator"], ["revoked": true])
        try await Stage.with(
            trust.members,
            commands: { directory in
                ["note": .string(Stage.noted(in: directory)), "other": .string(Stage.noted("y", in: directory))]
            },
            { (stage: Stage) async throws in
                let captured = trust.ops.task(1, "note")
                stage.sender.publish(captured)
                #expect(try await stage.sender.answer(to: 1).code == 0)
                let trace = try await ExecTrace(stage.agent.processes)
                defer { trace.detach() }
                #expect(stage.agent.processes.count == 2, "agent and runner")
                let messages = try refused(trust, captured: captured, agent: stage.agent)
                for message in messages { stage.sender.publish(message.payload, retain: message.isRetained) }
                // What comes behind them all is answered behind them all.
                stage.sender.publish(trust.ops.task(90, "ping", service: "agent"))
                #expect(try await stage.sender.answer(to: 90).code == 0)
                #expect(trace.calls == [])
                #expect(stage.executed == ["x"])
                let good = stage.sender.answers.filter { $0.code == 0 }.compactMap { $0.members["task_id"]?.integer }
                #expect(Set(good) == [1, 90])
                // The witness does see: what may run is executed.
                stage.sender.publish(trust.ops.task(91, "note"))
                #expect(try await stage.sender.answer(to: 91).code == 0)
                try await eventually("the trace has the command") { trace.calls.contains { $0.contains("echo x") } }
                stage.sender.publish([], retain: true)
            })
    }
}
