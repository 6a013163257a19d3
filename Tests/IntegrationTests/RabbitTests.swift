import Glibc
import JSON
import TestSupport
import Testing

/// What the agent needs of a broker, had from RabbitMQ.
@Suite(.crowd)
struct RabbitTests {
    /// What it keeps of one of the host's topics.
    private func kept(_ topic: String, _ broker: RabbitFixture) -> String {
        let words = ["-h", "127.0.0.1", "-p", "\(broker.port)", "-t", "recovery/web01/\(topic)", "-C", "1", "-W", "5"]
        return (try? ChildProgram.run(["/usr/bin/mosquitto_sub"] + words)) ?? ""
    }

    /// Runs a test with a sender, which does not outlive it.
    private func withSender(_ broker: RabbitFixture, _ body: (Sender) async throws -> Void) async throws {
        let sender = try await Sender(port: broker.port)
        do {
            try await body(sender)
        } catch {
            await sender.stop()
            throw error
        }
        await sender.stop()
    }

    /// A task that the broker has acknowledged.
    private func leave(_ id: Int64, _ command: String, at broker: RabbitFixture) throws {
        let task = Sender.task(.integer(id), ["service": "t", "command": .string(command)])
        try ChildProgram.run(
            "/usr/bin/mosquitto_pub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-q", "1", "-t", "test-topic", "-m",
            String(decoding: task, as: UTF8.self))
    }

    @Test(.enabled(if: RabbitFixture.isInstalled, "needs rabbitmq-server"), .timeLimit(.minutes(15)))
    func tasksWaitForTheAgentAlsoWhenTheBrokerIsKilled() async throws {
        let (broker, directory) = (try await RabbitFixture(), try TemporaryDirectory())
        let commands: JSONValue = [
            "count": .string(Stage.noted(in: directory)),
            "large": ["program": ["/bin/sh", "-c", "head -c 65536 /dev/zero | tr '\\0' x"], "output": 131_072],
        ]
        let agent = try AgentFixture(port: broker.port, ["Services": ["t": ["commands": commands]]])
        func executed() -> Int { ((try? directory.text(of: "ledger")) ?? "").split(separator: "\n").count }
        try agent.launch()
        try await eventually("it is online; it said: \(agent.log)") { kept("online", broker) == "1\n" }
        #expect(kept("status", broker).contains(#""host":"web01""#))
        try await withSender(broker) { sender in
            #expect(try await sender.ask(1, "t", "count").code == 0)
            let large = try await sender.ask(2, "t", "large")
            #expect(large.message?.utf8.count == 65_536)
        }
        try directory.write("web01\n", to: "hosts")
        // A loaded machine's broker hands the kept messages out one by one, some of them late.
        var hosts: Ended?
        for _ in 0..<20 where hosts?.status != 0 {
            hosts = try Ended.running([
                Programs.recoverctl, "hosts", "--host", "127.0.0.1:\(broker.port)", "--expect", directory.path("hosts"),
            ])
        }
        #expect(hosts?.status == 0, "\(String(describing: hosts))")
        agent.end(SIGKILL)
        try await eventually("the last will") { kept("online", broker) == "0\n" }
        try leave(3, "count", at: broker)
        broker.kill()
        try await broker.start()
        try await withSender(broker) { sender in
            try agent.launch()
            #expect(try await sender.answer(to: 3).code == 0)
            #expect(try await sender.ask(4, "t", "count").code == 0)
            sender.send(1, "t", "count")
            try await eventually("the stored answer") { !sender.answers(to: 1).isEmpty }
        }
        try await eventually("it is online again") { kept("online", broker) == "1\n" }
        #expect(executed() == 3)
        #expect(agent.end() == 0)
        try await eventually("it has said goodbye") { kept("online", broker) == "0\n" }
    }
}
