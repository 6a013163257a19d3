import Glibc
import JSON
import MQTT
import TestSupport
import Testing

/// The acceptance checks A9 and A10 of the predecessor against a real collectd, with its messages and its file names.
@Suite(.crowd)
struct CollectdReplacementTests {
    private let broker: BrokerFixture
    private let collectd: Collectd
    private let agent: AgentFixture

    init() async throws {
        broker = try await BrokerFixture()
        collectd = try Collectd()
        agent = try await AgentFixture(broker, Self.members(collectd))
    }

    private static func members(_ collectd: Collectd, _ service: JSONObject = [:]) -> JSONObject {
        [
            "Services": [
                "collectd": collectd.service(service),
                "hello": ["commands": ["exec": "/bin/echo \"Hello World!\""]],
            ]
        ]
    }

    /// As the predecessor's sender has it: these three members.
    private func replace(_ id: Int64, _ configuration: String, _ sender: Sender) async throws -> Answer {
        let task: JSONValue = [
            "task_id": .integer(id), "timestamp": "2020-11-26T00:41:19Z", "config": .string(configuration),
        ]
        sender.publish(task.bytes, qos: .exactlyOnce)
        return try await sender.answer(to: .integer(id))
    }

    @Test("A9: a good configuration is in force, and the old one beside it") func goodConfiguration() async throws {
        try await Sender.with(broker) { sender in
            let (old, new) = (collectd.text(), collectd.configuration("load", "uptime"))
            let before = try #require(collectd.process)
            let answer = try await replace(3_126_260_400, new, sender)
            #expect(answer.names == ["code", "message", "task_id", "timestamp"])
            #expect(answer.code == 0 && answer.message == "Succeeded to replace the config.")
            #expect(collectd.text() == new && collectd.text(".orig") == old && collectd.text(".lock") == nil)
            let after = try #require(collectd.process)
            #expect(after != before)
            try await eventually("values of the new plugin") { collectd.hasValues(of: "uptime") }
            // The agent was not disturbed, and collectd does not end with the task that started it.
            #expect(try await sender.ask(2, "hello", "exec").message == "Hello World!")
            #expect(collectd.process == after)
        }
    }

    @Test(
        "A10: a broken configuration touches nothing",
        arguments: [
            "LoadPlugin \"load\nPassword \"geheim", "LoadPlugin nonexistent\n", "<Plugin csv>\n",
            "LoadPlugin load\n<Plugin load>\n  Password \"geheim\"\n</Plugin>\n",
        ])
    func brokenConfiguration(text: String) async throws {
        try await Sender.with(broker) { sender in
            let (old, process) = (collectd.text(), collectd.process)
            let answer = try await replace(7, text, sender)
            #expect(answer.code == 8194)
            let message = try #require(answer.message)
            #expect(message.hasPrefix("New config seems broken!: ") && message.utf8.count > 40)
            #expect(!message.contains("geheim"))
            #expect(collectd.text() == old && collectd.text(".lock") == nil && collectd.text(".orig") == nil)
            #expect(collectd.process == process)
            #expect(!agent.log.contains("geheim"))
        }
    }

    @Test("A10: one that passes the check and does not start is put back") func doesNotStart() async throws {
        try await Sender.with(broker) { sender in
            let old = collectd.text()
            let bad = collectd.configuration("load", base: "/proc/nowhere")
            let answer = try await replace(7, bad, sender)
            #expect(answer.code == 8199)
            #expect(answer.message?.contains("Unable to change to directory") == true)
            #expect(collectd.text() == old && collectd.text(".orig") == nil && collectd.text(".lock") == nil)
            #expect(collectd.process != nil)
            #expect(try await replace(8, collectd.configuration("uptime"), sender).code == 0)
        }
    }

    /// A lock of the predecessor's tool at work keeps others away; one that a crash left does not for ever.
    @Test("A10: a lock that was there") func lockOfAnother() async throws {
        try await Sender.with(broker) { sender in
            let old = collectd.text()
            try collectd.directory.write("somebody's", to: "etc/collectd.conf.lock")
            let answer = try await replace(7, collectd.configuration("uptime"), sender)
            #expect(answer.code == 8192 && answer.message == "Already attempting to replace collectd config!")
            #expect(collectd.text(".lock") == "somebody's" && collectd.text() == old)
            var times = [timespec(), timespec()]
            for index in times.indices { times[index].tv_sec = time(nil) - 600 }
            utimensat(AT_FDCWD, collectd.path + ".lock", times, 0)
            #expect(try await replace(8, collectd.configuration("uptime"), sender).code == 0)
            #expect(collectd.text(".lock") == nil)
        }
    }

    @Test("A10: two at once") func twoAtOnce() async throws {
        try await Sender.with(broker) { sender in
            for id in 1...2 as ClosedRange<Int64> {
                let task: JSONValue = [
                    "task_id": .integer(id), "timestamp": "2020-11-26T00:41:19Z",
                    "config": .string(collectd.configuration(id == 1 ? "uptime" : "memory")),
                ]
                sender.publish(task.bytes)
            }
            let codes = [try await sender.answer(to: 1).code, try await sender.answer(to: 2).code]
            #expect(codes.compactMap { $0 }.sorted() == [0, 8192])
            #expect(collectd.process != nil)
        }
    }

    /// A number that is left from long ago, or is somebody else's by now, is not collectd; nobody else is stopped for it.
    @Test(arguments: ["999999\n", "1\n", "", "garbage", nil]) func stalePidFile(text: String?) async throws {
        try await Sender.with(broker) { sender in
            let process = try #require(collectd.process)
            kill(process, SIGKILL)
            try await eventually("collectd is gone") { collectd.process == nil }
            if let text { try collectd.directory.write(text, to: "collectd.pid") } else { unlink(collectd.pidFile) }
            #expect(try await replace(7, collectd.configuration("uptime"), sender).code == 0)
            #expect(collectd.process != nil)
        }
    }

    @Test func stopThatIsRefused() async throws {
        agent.end()
        try agent.rewrite(Self.members(collectd, ["commands": ["stop": "echo 'not now'; exit 1"]]))
        try await agent.start(broker)
        try await Sender.with(broker) { sender in
            let (old, process) = (collectd.text(), collectd.process)
            let answer = try await replace(7, collectd.configuration("uptime"), sender)
            #expect(answer.code == 8195 && answer.message == "not now")
            #expect(collectd.text() == old && collectd.process == process)
        }
    }

    @Test func stopThatStopsNothing() async throws {
        agent.end()
        try agent.rewrite(Self.members(collectd, ["commands": ["stop": "true"]]))
        try await agent.start(broker)
        try await Sender.with(broker) { sender in
            let (old, process) = (collectd.text(), collectd.process)
            let answer = try await replace(7, collectd.configuration("uptime"), sender)
            #expect(answer.code == 8196 && answer.message == "Cannot detect removing pid file of collectd!")
            #expect(collectd.text() == old && collectd.process == process)
        }
    }

    /// The predecessor's replacement ends with its agent; ours goes on, and the next agent answers.
    @Test func agentThatEndsMeanwhile() async throws {
        try await Sender.with(broker) { sender in
            let task: JSONValue = [
                "task_id": 7, "timestamp": "2020-11-26T00:41:19Z",
                "config": .string(collectd.configuration("uptime")),
            ]
            sender.publish(task.bytes)
            try await eventually("the replacement is under way") {
                access("\(agent.directory.path)/state/config/collectd/transaction", F_OK) == 0
            }
            agent.end(SIGKILL)
            try await agent.start(broker)
            #expect(try await sender.answer(to: 7).code == 0)
            #expect(collectd.text() == collectd.configuration("uptime") && collectd.process != nil)
        }
    }

    /// A host that says nothing of collectd's configuration replaces none, and says how that is changed.
    @Test func nothingIsReplacedUnlessItIsSaid() async throws {
        agent.end()
        try agent.rewrite(["Services": ["collectd": ["commands": ["start": "true"]]]])
        try await agent.start(broker)
        try await Sender.with(broker) { sender in
            let old = collectd.text()
            let answer = try await replace(7, collectd.configuration("uptime"), sender)
            #expect(answer.code == 4096)
            #expect(
                answer.message
                    == "Not implemented: config; the plugin config-replacer is not switched on here")
            #expect(collectd.text() == old)
        }
    }
}
