import Glibc
import JSON
import TestSupport
import Testing

/// `recoverctl` with a real broker and real agents.
@Suite(.crowd)
struct RecoverctlTests {
    /// Runs it against a broker.
    private static func run(_ broker: BrokerFixture?, _ arguments: String...) throws -> Ended {
        let environment = broker.map { ["RECOVERD_HOST": "127.0.0.1:\($0.port)"] } ?? [:]
        return try Ended.running([Programs.recoverctl] + arguments, environment: environment)
    }

    private static func document(_ ended: Ended) throws -> JSONObject {
        try #require(JSONText(Array(ended.output.utf8)).value.object, "\(ended.output)\(ended.errors)")
    }

    private static func lastLine(_ ended: Ended) -> Substring { ended.output.split(separator: "\n").last ?? "" }

    @Test func deadAndMissingHostsComeFirst() async throws {
        let broker = try await BrokerFixture()
        var agents: [AgentFixture] = []
        for host in ["web01", "web02", "web03"] { agents.append(try await AgentFixture(broker, host: host)) }
        agents[1].end(SIGKILL)
        let expected = try agents[0].directory.write("web01\nweb02\ndb01\n", to: "expected")
        try await eventually("the last will of web02 is out") {
            let ended = try Self.run(broker, "hosts", "--expect", expected)
            return Self.lastLine(ended) == "4 hosts: 2 online, 1 dead (web02), 1 missing (db01)" && ended.status == 2
        }
        let ended = try Self.run(broker, "hosts", "--expect", expected, "--dead")
        let rows = ended.output.split(separator: "\n").dropFirst().dropLast().map { $0.split(separator: " ") }
        #expect(rows.map { $0.prefix(2) } == [["db01", "missing"], ["web02", "dead"]])
        // The last status of a dead host is still there.
        #expect(rows.last?[2] == "0.1.0")
        let document = try Self.document(try Self.run(broker, "hosts", "--json"))
        #expect(document["schema"] == 1)
        #expect(document["counts"]?.object?["online"] == 2)
        let hosts = try #require(document["hosts"]?.array).compactMap(\.object)
        #expect(hosts.map { $0["host"] } == ["web02", "web01", "web03"])
        #expect(hosts.allSatisfy { $0["last_seen"]?.string?.hasSuffix("Z") == true })
        #expect(hosts.allSatisfy { $0["catalog"]?.string?.utf8.count == 64 })
        #expect(try Self.run(broker, "hosts", "--jsonl").output.split(separator: "\n").count == 3)
    }

    /// Of QoS 1 and 2 a broker queues so many for one client and throws the others away.
    @Test func fleetMayBeLargerThanTheBrokersQueue() async throws {
        let broker = try await BrokerFixture(.init(maximumQueued: 10))
        try await Sender.with(broker) { sender in
            for number in 0..<100 {
                sender.publish(Array("1".utf8), to: "recovery/web\(number)/online", retain: true)
            }
            try await eventually("all are kept") { broker.log.split(separator: "Sending PUBACK").count > 100 }
        }
        #expect(Self.lastLine(try Self.run(broker, "hosts")) == "100 hosts: 100 online")
    }

    @Test func pingNamesWhoDoesNotAnswer() async throws {
        let broker = try await BrokerFixture()
        let agents = try await [AgentFixture(broker, host: "web01"), AgentFixture(broker, host: "web02")]
        let well = try Self.run(broker, "ping", "--all")
        #expect(well.status == 0)
        #expect(Self.lastLine(well) == "2 hosts: 2 answered")
        // Online as far as the broker knows, and yet not there: only a ping tells.
        agents[1].send(SIGSTOP)
        let stopped = try Self.run(broker, "ping", "--all", "--timeout", "3")
        #expect(stopped.status == 3)
        #expect(stopped.output.contains("web02  silent"))
        #expect(Self.lastLine(stopped) == "2 hosts: 1 answered, 1 silent (web02)")
        agents[1].send(SIGCONT)
        agents[1].end(SIGKILL)
        let named = try Self.run(broker, "ping", "web01", "web02", "--json", "--timeout", "3")
        #expect(named.status == 3)
        let hosts = try #require(try Self.document(named)["hosts"]?.array).compactMap(\.object)
        #expect(hosts.map { $0["state"] } == ["silent", "answered"])
        #expect(try Self.run(broker, "ping", "web01").status == 0)
    }

    @Test func forgetClearsWhatTheBrokerKeeps() async throws {
        let broker = try await BrokerFixture()
        let agents = try await [AgentFixture(broker, host: "web01"), AgentFixture(broker, host: "web02")]
        let refused = try Self.run(broker, "forget", "web02")
        #expect(refused.status == 4)
        #expect(refused.errors.contains("online"))
        agents[1].end()
        let ended = try Self.run(broker, "forget", "web02")
        #expect(ended.status == 0)
        for topic in ["catalog", "online", "status"] { #expect(ended.output.contains("recovery/web02/\(topic)")) }
        #expect(Self.lastLine(ended) == "web02: 3 topics cleared")
        #expect(Self.lastLine(try Self.run(broker, "hosts")) == "1 host: 1 online")
        #expect(try Self.run(broker, "forget", "web02").status == 5)
        #expect(try Self.run(broker, "forget", "web01", "--force").status == 0)
    }

    @Test func socketAndTopicTellTheSame() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker)
        try await Sender.with(broker) { sender in
            _ = try await sender.ask(1, "hello", "exec")
            _ = try await sender.ask("two", "t", "exit3")
        }
        let state = agent.directory.path("state")
        for question in [["tasks"], ["task", "two"], ["status"]] {
            let near = try Ended.running([Programs.recoverctl] + question + ["--state", state, "--json"])
            let far = try Ended.running(
                [Programs.recoverctl] + question
                    + ["--to", "web01", "--json", "--host", "127.0.0.1", "--port", "\(broker.port)"])
            #expect(near.status == 0, "\(near.errors)")
            #expect(far.status == 0, "\(far.errors)")
            #expect(try Self.lasting(near) == Self.lasting(far))
        }
        let tasks = try Ended.running([Programs.recoverctl, "tasks", "--state", state])
        #expect(Self.lastLine(tasks) == "2 tasks: 0 running, 0 queued, 2 ended, 1 of them failed (two)")
        #expect(tasks.output.split(separator: "\n").dropFirst().first?.hasPrefix("two ") == true)
        let story = try Ended.running([Programs.recoverctl, "task", "two", "--state", state])
        #expect(story.output.contains("output    a\n"))
        #expect(Self.lastLine(story) == "1 task: finished with 3")
        #expect(try Ended.running([Programs.recoverctl, "task", "3", "--state", state]).status == 5)
    }

    /// What does not change from one moment to the next.
    private static func lasting(_ ended: Ended) throws -> JSONObject {
        var document = try document(ended)
        document["time"] = nil
        var status = document["status"]?.object
        status?["time"] = nil
        status?["metrics"] = nil
        if let status { document["status"] = .object(status) }
        return document
    }

    @Test func watchShowsANewTaskWithoutBeingAskedAgain() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker)
        let directory = try TemporaryDirectory()
        let output = open(directory.path("out"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(output) }
        let watch = try ChildProgram(
            [Programs.recoverctl, "tasks", "--watch", "--jsonl", "--state", agent.directory.path("state")],
            output: output)
        try await Sender.with(broker) { sender in _ = try await sender.ask(1, "hello", "exec") }
        try await eventually("the task is shown") { try directory.text(of: "out").contains("\"task_id\":1") }
        try await Sender.with(broker) { sender in _ = try await sender.ask(2, "hello", "exec") }
        try await eventually("the next one, too") { try directory.text(of: "out").contains("\"task_id\":2") }
        agent.end()
        try await eventually("that nobody answers") { try directory.text(of: "out").contains("recoverctl: no agent") }
        try await agent.start(broker)
        try await Sender.with(broker) { sender in _ = try await sender.ask(3, "hello", "exec") }
        try await eventually("an agent after it answers") {
            try directory.text(of: "out").contains("\"task_id\":3")
        }
        watch.end(SIGINT)
        let shown = try directory.text(of: "out").split(separator: "\n").filter { $0.contains("\"task_id\":1,") }
        #expect(shown.count == Set(shown).count)
    }

    @Test func stateOfADirectoryIsCheckedWithoutAnAgent() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker)
        try await Sender.with(broker) { sender in _ = try await sender.ask(1, "hello", "exec") }
        agent.end()
        let state = agent.directory.path("state")
        let sound = try Self.run(nil, "state", "check", "--state", state)
        #expect(sound.status == 0, "\(sound)")
        #expect(Self.lastLine(sound) == "sound: 1 task, 0 unfinished, 0 problems")
        let journal = state + "/journal.sqlite"
        try ChildProgram.run(
            "/bin/dd", "if=/dev/urandom", "of=\(journal)", "bs=4096", "seek=1", "count=4", "conv=notrunc",
            "status=none")
        let damaged = try Self.run(nil, "state", "check", "--state", state, "--json")
        #expect(damaged.status == 2, "\(damaged)")
        #expect(try Self.document(damaged)["state"] == "damaged")
        try ChildProgram.run("/bin/sh", "-c", "echo no journal at all > \(journal)")
        #expect(try Self.run(nil, "state", "check", "--state", state).status == 78)
        let missing = try Self.run(nil, "state", "check", "--state", state + "/no")
        #expect(missing.status == 78)
        #expect(missing.output.hasPrefix("problem"))
    }

    @Test(arguments: [
        [], ["hosst"], ["hosts", "--too"], ["hosts", "--json", "--jsonl"], ["ping"], ["ping", "web01", "--all"],
        ["ping", "web.01"], ["tasks", "--state", "/x", "--to", "web01"], ["tasks", "--watch", "--json"], ["task"],
        ["status", "--to", "web01", "--port", "0"], ["hosts", "--timeout", "-1"], ["hosts", "--password", "x"],
        ["hosts", "--root", "a/#"], ["state"], ["forget"],
    ])
    func wrongUsage(arguments: [String]) throws {
        let ended = try Ended.running([Programs.recoverctl] + arguments)
        #expect(ended.status == 64, "\(ended)")
        #expect(ended.output.isEmpty && !ended.errors.isEmpty)
    }

    @Test func filesThatAreWrongAreAMatterOfConfiguration() throws {
        let directory = try TemporaryDirectory()
        let options = try directory.write(#"{"hots": "x"}"#, to: "options.json")
        let ended = try Self.run(nil, "hosts", "--options", options)
        #expect(ended.status == 78)
        #expect(ended.errors.contains("did you mean \"host\"?"))
        #expect(try Self.run(nil, "hosts", "--expect", directory.path("none")).status == 78)
    }

    @Test func optionsFileIsThatOfSendCommand() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker)
        let options = try agent.directory.write(
            #"{"host": "127.0.0.1", "port": \#(broker.port), "to": "web09", "qos": 2, "reason": "r"}"#, to: "o.json")
        #expect(Self.lastLine(try Self.run(nil, "hosts", "--options", options)) == "1 host: 1 online")
    }

    @Test func noBrokerAndNoAgent() async throws {
        let port = try LoopbackPort.free()
        let unreachable = try Self.run(nil, "hosts", "--host", "127.0.0.1:\(port)")
        #expect(unreachable.status == 8)
        #expect(unreachable.errors.contains("127.0.0.1:\(port)"))
        #expect(unreachable.output.isEmpty)
        #expect(try Self.run(nil, "status", "--state", "/nonexistent").status == 3)
        let broker = try await BrokerFixture()
        #expect(try Self.run(broker, "hosts").status == 5)
        #expect(try Self.run(broker, "ping", "--all").status == 5)
        #expect(try Self.run(broker, "status", "--to", "web01", "--timeout", "3").status == 3)
        broker.suspend()
        #expect(try Self.run(broker, "hosts", "--timeout", "1").status == 8)
        broker.resume()
    }

    @Test func brokerThatLetsUsNotIn() async throws {
        let broker = try await BrokerFixture(.init(users: ["operator": "secret"]))
        #expect(try Self.run(broker, "hosts", "-u", "operator", "-p", "wrong").status == 4)
        #expect(try Self.run(broker, "hosts", "-u", "operator", "-p", "secret").status == 5)
    }

    @Test func foreignTextIsHarmlessInATable() async throws {
        let broker = try await BrokerFixture()
        let evil: JSONValue = ["version": "1\nweb02  online", "time": "x"]
        let file = try broker.directory.write(evil.bytes, to: "evil")
        for (topic, option) in [("online", ["-m", "1"]), ("status", ["-f", file])] {
            try ChildProgram.run(
                ["/usr/bin/mosquitto_pub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-r", "-t"]
                    + ["recovery/web01/\(topic)"] + option)
        }
        let ended = try Self.run(broker, "hosts")
        #expect(ended.output.split(separator: "\n").count == 3, "\(ended.output)")
        #expect(ended.output.contains("1\\nweb02"))
    }
}
