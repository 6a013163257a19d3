import Glibc
import JSON
import MQTT
import TestSupport
import Testing

/// The agent's own configuration and its services are replaced by messages, and come back when that cut it off.
@Suite(.crowd)
struct OwnReplacementTests {
    private let broker: BrokerFixture
    private let agent: AgentFixture

    init() async throws {
        broker = try await BrokerFixture()
        agent = try await AgentFixture(broker, Self.members)
    }

    private static let members: JSONObject = [
        "Plugins": ["config-replacer": ["confirm": "5s", "own_configuration": true]]
    ]

    /// The main file with some members changed, as text.
    private func configuration(_ members: JSONObject) throws -> String {
        let text = try JSONText(Array(agent.directory.text(of: "monitor-config.json").utf8))
        var configuration = text.value.object ?? [:]
        for member in members.members { configuration[member.name] = member.value == .null ? nil : member.value }
        return JSONValue.object(configuration).text
    }

    private func main() throws -> String { try agent.directory.text(of: "monitor-config.json") }

    private func replace(_ id: Int64, _ members: JSONObject, _ sender: Sender) async throws -> Answer {
        var replace: JSONObject = ["service": "agent"]
        for member in members.members { replace[member.name] = member.value }
        return try await sender.ask(
            .integer(id), ["timestamp": "2020-11-26T00:41:19Z", "replace": .object(replace)])
    }

    @Test func catalogIsRolledOut() async throws {
        try await Sender.with(broker) { sender in
            let services = #"{"Services": {"new": {"commands": {"exec": "/bin/echo new"}}}}"#
            let files: JSONValue = ["services.d/new.json": .string(services)]
            #expect(try await sender.ask(1, "new", "exec").code == 0x1002)
            let checked = try await replace(2, ["files": files, "dry_run": true, "diff": true], sender)
            #expect(checked.code == 0 && checked.message?.contains("+++ services.d/new.json (new)") == true)
            #expect(access(agent.directory.path("services.d/new.json"), F_OK) != 0)
            #expect(try await replace(3, ["files": files], sender).code == 0)
            #expect(try await sender.ask(4, "new", "exec").message == "new")
            #expect(try await sender.ask(5, "hello", "exec").message == "Hello World!")
            // And taken back.
            #expect(try await replace(6, ["rollback": "previous"], sender).code == 0)
            #expect(try await sender.ask(7, "new", "exec").code == 0x1002)
        }
    }

    @Test("F-37: one with a mistake is refused, with all its mistakes") func mistakes() async throws {
        try await Sender.with(broker) { sender in
            let old = try main()
            let text = try configuration(["MaxConcurrent": "4", "Servces": [:]])
            let answer = try await replace(1, ["text": .string(text)], sender)
            #expect(answer.code == 0x2002)
            #expect(answer.message?.contains("MaxConcurrent: expected an integer from 1 to 4096") == true)
            #expect(answer.message?.contains("Servces: unknown key") == true)
            #expect(try main() == old)
        }
    }

    @Test("F-37, M58: one that cuts the agent off is taken back") func deadBroker() async throws {
        try await Sender.with(broker) { sender in
            let old = try main()
            let dead = try LoopbackPort.free()
            let text = try configuration(["Host": .string("127.0.0.1:\(dead)")])
            let begin = ContinuousClock.now
            let answer = try await replace(1, ["text": .string(text)], sender)
            #expect(answer.code == 0x2007)
            #expect(answer.message == "No broker was reached within 5 s with the new config.")
            #expect(try main() == old)
            // Back within the time to confirm and what a reload takes.
            #expect(ContinuousClock.now - begin < .seconds(30))
            #expect(try await sender.ask(2, "hello", "exec").message == "Hello World!")
        }
    }

    @Test func anotherBrokerIsReached() async throws {
        let other = try await BrokerFixture()
        let text = try configuration(["Host": .string("127.0.0.1:\(other.port)")])
        var replace: JSONObject = ["service": "agent"]
        replace["text"] = .string(text)
        let (near, far) = (try await Sender(broker), try await Sender(other))
        near.send(1, ["timestamp": "2020-11-26T00:41:19Z", "replace": .object(replace)])
        // The answer goes where the agent is now.
        #expect(try await far.answer(to: 1).code == 0)
        #expect(try await far.ask(2, "hello", "exec").message == "Hello World!")
        await near.stop()
        await far.stop()
    }

    /// The agent dies while nobody knows yet whether the new one is any good; the next agent answers all the same.
    @Test("F-37: the agent dies before it is confirmed") func agentDies() async throws {
        try await Sender.with(broker) { sender in
            let old = try main()
            let dead = try LoopbackPort.free()
            let text = try configuration(["Host": .string("127.0.0.1:\(dead)")])
            var replace: JSONObject = ["service": "agent"]
            replace["text"] = .string(text)
            sender.send(1, ["timestamp": "2020-11-26T00:41:19Z", "replace": .object(replace)])
            try await eventually("the new one is in its place") { try main() == text }
            agent.end(SIGKILL)
            try agent.launch()
            let answer = try await sender.answer(to: 1)
            #expect(answer.code == 0x2007, "\(answer.message ?? "-")")
            #expect(try main() == old)
            #expect(try await sender.ask(2, "hello", "exec").message == "Hello World!")
        }
    }

    @Test func ownOneIsReplacedOnlyWhereThatIsSaid() async throws {
        agent.end()
        try agent.rewrite(["Plugins": ["config-replacer": [:]]])
        try await agent.start(broker)
        try await Sender.with(broker) { sender in
            let answer = try await replace(1, ["text": "{}"], sender)
            #expect(answer.code == 0x1003)
            #expect(answer.message == "The configuration of agent may not be replaced here")
        }
    }

    @Test func statusAndHistoryTellOfIt() async throws {
        try await Sender.with(broker) { sender in
            let text = try configuration(["MaxConcurrent": 7])
            let answer = try await sender.ask(
                1,
                [
                    "timestamp": "2020-11-26T00:41:19Z", "from": "ann", "reason": "more at once",
                    "replace": ["service": "agent", "text": .string(text)],
                ])
            #expect(answer.code == 0)
            let history = try await sender.ask(
                2, ["service": "agent", "command": "config-history", "parameters": ["service": "agent"]])
            let versions = try #require(history.content?["versions"]?.array).compactMap(\.object)
            #expect(versions.map { $0["origin"] } == ["found", "replaced"])
            #expect(versions.last?["by"] == "ann" && versions.last?["reason"] == "more at once")
            #expect(!(history.message?.contains("MaxConcurrent") ?? true))
            // Told as soon as the result is known to the plugins.
            var version: JSONValue?
            for id in 100..<200 as Range<Int64> where version != 2 {
                let status = try await sender.ask(.integer(id), "agent", "status").content
                version = status?["configurations"]?.object?["agent"]?.object?["version"]
            }
            #expect(version == 2)
        }
    }
}
