import CommandCatalog
import Glibc
import JSON
import MQTT
import TestSupport
import Testing

/// The acceptance checks A1 to A8 of the predecessor, on a real broker with a real agent.
@Suite(.crowd)
struct PredecessorTests {
    private let broker: BrokerFixture
    private let agent: AgentFixture

    init() async throws {
        broker = try await BrokerFixture()
        agent = try await AgentFixture(broker)
    }

    @Test(
        "A1: a task is answered with exactly four members", arguments: [MQTTQoS.atMostOnce, .atLeastOnce, .exactlyOnce])
    func taskIsAnsweredWithFourMembers(qos: MQTTQoS) async throws {
        try await Sender.with(broker) { sender in
            let before = Timestamp.now
            let answer = try await sender.ask(3_126_260_400, "hello", "exec", qos: qos)
            #expect(answer.names == ["code", "message", "task_id", "timestamp"])
            #expect(answer.code == 0)
            #expect(answer.message == "Hello World!")
            #expect(!answer.isRetained)
            // Whole seconds, so the moment before is cut to its second as well.
            let timestamp = try #require(answer.timestamp)
            #expect(timestamp >= before.description && timestamp <= Timestamp.now.description)
            #expect(timestamp.utf8.count == 20 && timestamp.hasSuffix("Z"))
            _ = try await sender.ask(1, "hello", "exec")
            #expect(sender.answers(to: 3_126_260_400).count == 1)
        }
    }

    @Test(
        "A2, A6, C08: code and text are the shell's",
        arguments: [
            ("false", "exec", 1, ""), ("t", "two", 0, "a\nb"), ("t", "nonl", 0, "foo"), ("t", "exit3", 3, "a"),
            ("t", "note", 0, "hi"),
        ] as [(String, String, Int64, String)])
    func codeAndTextAreTheShells(service: String, command: String, code: Int64, text: String) async throws {
        try await Sender.with(broker) { sender in
            let answer = try await sender.ask(7, service, command)
            #expect(answer.code == code)
            #expect(answer.message == text)
        }
    }

    @Test("A2: a missing program is 127 with a text")
    func missingProgramIs127() async throws {
        try await Sender.with(broker) { sender in
            let answer = try await sender.ask(7, "no-command", "exec")
            #expect(answer.code == 127)
            #expect(answer.message?.isEmpty == false)
        }
    }

    @Test("A3: unknown names are answered word for word")
    func unknownNamesAreAnswered() async throws {
        try await Sender.with(broker) { sender in
            let service = try await sender.ask(1, "nope", "exec")
            #expect(service.code == 4098)
            #expect(service.message == "Cannot find the service settings for: nope")
            let command = try await sender.ask(2, "hello", "nope")
            #expect(command.code == 4099)
            #expect(command.message == "Cannot find nope command for hello")
        }
    }

    @Test("A4: an id that is still running is answered 4352 at once, and the first task once")
    func runningIDIsDuplicate() async throws {
        try await Sender.with(broker) { sender in
            sender.send(9, "t", "second")
            let refusal = try await sender.ask(9, "hello", "exec")
            #expect(refusal.code == 4352)
            #expect(refusal.message == "Received duplicate task_id: 9")
            try await eventually("the first task's answer") { sender.answers(to: 9).count == 2 }
            #expect(sender.answers(to: 9).last?.message == "done")
        }
    }

    @Test("A running task sent again with the same content is answered once")
    func repeatedTaskIsAnsweredOnce() async throws {
        try await Sender.with(broker) { sender in
            for _ in 1...5 { sender.send(9, "t", "second") }
            _ = try await sender.answer(to: 9)
            _ = try await sender.ask(10, "hello", "exec")
            #expect(sender.answers(to: 9).map(\.message) == ["done"])
        }
    }

    @Test("A5: a running command delays no other answer")
    func runningCommandDelaysNoOther() async throws {
        try await Sender.with(broker) { sender in
            sender.send(10, "t", "endless")
            let answer = try await sender.ask(11, "hello", "exec")
            #expect(answer.message == "Hello World!")
            #expect(sender.answers(to: 10).isEmpty)
        }
    }

    @Test("A7: no payload whatsoever makes the agent deaf")
    func noPayloadMakesTheAgentDeaf() async throws {
        let payloads = [
            "5", "true", "\"str\"", "null", "[]", "not json", "", "{}", #"{"task_id":1,"service":{},"command":"x"}"#,
            #"{"task_id":2,"command":"x","config":"y"}"#, #"{"task_id":3,"config":"y"}"#,
        ]
        try await Sender.with(broker) { sender in
            for payload in payloads { sender.publish(payload) }
            sender.publish([0xFF, 0x00, 0xC0, 0xAF])
            let answers = try await [sender.ask(99, "hello", "exec"), sender.answer(to: 1), sender.answer(to: 2)]
            #expect(answers.map(\.code) == [0, 0x1004, 0x1004])
            #expect(try await sender.answer(to: 3).code == 0x1000)
            #expect(sender.answers.count == 4)
        }
    }

    @Test("A8: a new command works without restart, also when a rename brings it")
    func newCommandWorksWithoutRestart() async throws {
        try await Sender.with(broker) { sender in
            #expect(try await sender.ask(1, "new", "exec").code == 0x1002)
            try agent.rewrite(["Services": ["new": ["commands": ["exec": "echo new"]]]])
            try await eventually("the new command works") {
                sender.send(.integer(Int64.random(in: 100...999_999)), "new", "exec")
                usleep(100_000)
                return sender.answers.contains { $0.message == "new" }
            }
        }
    }

    @Test("A8: after a broker restart commands work again")
    func brokerRestartIsSurvived() async throws {
        broker.kill()
        try await broker.start()
        try await Sender.with(broker) { sender in
            try await eventually("the agent answers again") {
                sender.send(.integer(Int64.random(in: 100...999_999)), "hello", "exec")
                usleep(100_000)
                return sender.answers.contains { $0.message == "Hello World!" }
            }
        }
    }

    @Test(
        "An id comes back in the type and value in which it was sent",
        arguments: [
            .integer(.min), .integer(-1), 0, .integer(9_007_199_254_740_993), .integer(.max), "1", "42", "../../x", "🚒",
            .string(String(repeating: "x", count: 128)),
        ] as [JSONValue])
    func idComesBackUnchanged(id: JSONValue) async throws {
        try await Sender.with(broker) { sender in
            let answer = try await sender.ask(id, "hello", "exec")
            #expect(answer.members["task_id"] == id)
        }
    }

    @Test("1 and \"1\" are different tasks")
    func numberAndTextAreDifferentTasks() async throws {
        try await Sender.with(broker) { sender in
            sender.send(1, "t", "second")
            let text = try await sender.ask("1", "hello", "exec")
            let number = try await sender.answer(to: 1)
            #expect([text.message, number.message] == ["Hello World!", "done"])
        }
    }

    @Test(
        "What has no readable id is not answered",
        arguments: [
            "1.0", "1e3", "true", "null", "[]", "{}", #""""#, #""a\nb""#, "9223372036854775808",
            "\"\(String(repeating: "x", count: 129))\"",
        ])
    func unreadableIDIsNotAnswered(id: String) async throws {
        try await Sender.with(broker) { sender in
            sender.publish(#"{"task_id":\#(id),"service":"hello","command":"exec"}"#)
            _ = try await sender.ask(5, "hello", "exec")
            #expect(sender.answers.count == 1)
        }
    }

    @Test("A retained command is dropped, at every connection")
    func retainedCommandIsDropped() async throws {
        try await Sender.with(broker) { sender in
            let task: JSONValue = ["task_id": 66, "service": "hello", "command": "exec"]
            sender.publish(task.bytes, retain: true)
            // The agent is subscribed already, so it gets the first copy as a fresh message; the retained one comes
            // with the next subscription.
            #expect(try await sender.answer(to: 66).code == 0)
            agent.end()
            try await agent.start(broker)
            _ = try await sender.ask(67, "hello", "exec")
            #expect(sender.answers(to: 66).count == 1)
            sender.publish([], retain: true)
        }
    }
}
