import Glibc
import JSON
import MQTT
import TestSupport
import Testing

/// `send-config`, `replace-config` and `recoverctl config` as people call them.
@Suite(.crowd)
struct SendConfigTests {
    private let broker: BrokerFixture
    private let agent: AgentFixture
    private let place: TemporaryDirectory

    init() async throws {
        broker = try await BrokerFixture()
        place = try TemporaryDirectory()
        try place.write("old\n", to: "app.conf")
        agent = try await AgentFixture(
            broker,
            [
                "Plugins": ["config-replacer": ["confirm": "5s"]],
                "Services": [
                    "app": [
                        "configuration": [
                            "path": .string(place.path("app.conf")), "check": "! grep broken \"$1\"",
                            "restart": .string(
                                "! grep -q refuse '\(place.path("app.conf"))' || { echo refused; exit 1; }"),
                        ]
                    ]
                ],
            ])
    }

    private func send(_ words: String...) throws -> Ended {
        try Ended.running(
            [Programs.sendConfig, "--host", "127.0.0.1:\(broker.port)", "--to", "web01", "--service", "app"] + words)
    }

    private func control(_ words: String...) throws -> Ended {
        try Ended.running([Programs.recoverctl, "config"] + words + ["--state", agent.directory.path("state")])
    }

    private func distant(_ words: String...) throws -> Ended {
        try Ended.running(
            [Programs.recoverctl, "config"] + words + ["--to", "web01", "--host", "127.0.0.1:\(broker.port)"])
    }

    /// Whoever waits for the other end of a pipe can be stopped, by a person or by `timeout`.
    @Test(arguments: ["send-config --to web01 pipe", "replace-config --dry-run --state state pipe"])
    func pipeThatNobodyFillsIsWaitedForUntilASignal(line: String) async throws {
        mkfifo(place.path("pipe"), 0o600)
        var words = line.split(separator: " ").map(String.init)
        words[0] = Programs.path(words[0])
        let script = "cd '\(place.path)' && exec \"$@\" 2>/dev/null"
        let program = try ChildProgram(["/bin/sh", "-c", script, "sh"] + words, output: STDERR_FILENO)
        try await eventually("it waits for the pipe") {
            AgentProcesses.content("/proc/\(program.identifier)/wchan").contains("wait_for_partner")
        }
        program.send(SIGTERM)
        try await eventually("it ended") { AgentProcesses.content("/proc/\(program.identifier)/wchan") == "0" }
        #expect(program.wait() & 0x7F == SIGTERM)
    }

    @Test(arguments: [["recoverctl", "status", "--state", "STATE"], ["recoverd-agent", "plugins"]])
    func outputThatCannotBeWrittenIsNoSuccess(words: [String]) throws {
        let script = "exec \"$@\" >/dev/full"
        let arguments = words.dropFirst().map { $0 == "STATE" ? agent.directory.path("state") : $0 }
        let ended = try Ended.running(["/bin/sh", "-c", script, "sh", Programs.path(words[0])] + arguments)
        #expect(ended.status == 74)
        #expect(ended.errors == "\(words[0]): the output cannot be written: No space left on device\n")
    }

    @Test func personReplacesAndGoesBack() throws {
        let file = try place.write("new password=planted\n", to: "new.conf")
        let checked = try send("--dry-run", "--diff", file)
        #expect(checked.status == 0)
        #expect(checked.output.contains("The new config passes the check; nothing was touched."))
        #expect(checked.output.contains("-old\n+new password=***"))
        #expect(!checked.output.contains("planted"))
        #expect(try place.text(of: "app.conf") == "old\n")

        let sent = try send("--reason", "more of it", file)
        #expect(sent.status == 0)
        #expect(sent.output.hasPrefix("Send config: {"))
        #expect(sent.output.contains("\"text\":\"(21 bytes)\""))
        #expect(sent.output.hasSuffix("Succeeded to replace the config.\n"))
        #expect(try place.text(of: "app.conf") == "new password=planted\n")

        let history = try control("history", "app", "--json")
        #expect(history.status == 0)
        let versions = try JSONText(Array(history.output.utf8)).value.object?["versions"]?.array ?? []
        #expect(versions.count == 2 && versions.last?.object?["reason"] == "more of it")
        let far = try distant("history", "app")
        #expect(far.status == 0 && far.output.contains("app: 2 versions"))

        let difference = try distant("diff", "app")
        #expect(difference.status == 0 && difference.output.contains("+old"))
        #expect(try distant("rollback", "app", "--reason", "too much").status == 0)
        #expect(try place.text(of: "app.conf") == "old\n")
        // Without the agent, too.
        agent.end()
        #expect(try control("rollback", "app", "--version", "2").status == 0)
        #expect(try place.text(of: "app.conf") == "new password=planted\n")
        #expect(try control("history", "app").output.contains("rolled-back to 2"))
    }

    @Test func whatWentWrongIsSaidAndWhatIsInForce() throws {
        let broken = try send(try place.write("broken\n", to: "broken.conf"))
        #expect(broken.status == 125)
        #expect(broken.errors.contains("the configuration of app was not replaced (0x2002 configuration-broken)"))
        #expect(broken.errors.contains("The old configuration is in force."))
        let refused = try send(try place.write("refuse\n", to: "refuse.conf"))
        #expect(refused.status == 125)
        #expect(refused.errors.contains("was replaced and put back (0x2007 configuration-rolled-back): refused"))
        #expect(try place.text(of: "app.conf") == "old\n")
        let rolled = try distant("rollback", "app", "--version", "77")
        #expect(rolled.status == 2 && rolled.errors.contains("there is no version 77"))
        #expect(try distant("history", "none").status == 5)
        #expect(try control("history", "none").status == 5)
        let json = try send("--json", try place.write("broken\n", to: "again.conf"))
        let object = try JSONText(Array(json.output.utf8)).value.object
        #expect(object?["code"] == 8194 && object?["verdict"] == "rejected")
        #expect(try send("--servic", "x").errors.contains("did you mean --service?"))
        #expect(try send().status == 125)
    }

    /// The predecessor's agent takes `send-config`'s message, whose form is exactly that of its own sender.
    @Test func predecessorsAgentTakesIt() async throws {
        let stand = try await Sender(broker, results: "old-commands")
        let file = try place.write("LoadPlugin cpu\n", to: "collectd.conf")
        let words = [
            Programs.sendConfig, "-h", "127.0.0.1:\(broker.port)", "-q", "2", "-t", "old-commands", "-r", "old-results",
            file,
        ]
        async let ended = Self.running(words)
        try await eventually("the configuration comes") { !stand.answers.isEmpty }
        let task = try #require(stand.answers.first)
        #expect(task["config"] == "LoadPlugin cpu\n")
        #expect(task["task_id"]?.integer != nil && task["service"] == nil && task["command"] == nil)
        let answer: JSONValue = [
            "task_id": task["task_id"] ?? .null, "timestamp": "2020-11-26T00:41:19Z",
            "message": "Succeeded to replace config.", "code": 0,
        ]
        // An answer to somebody else is not ours.
        stand.publish(
            Array(#"{"task_id":1,"code":8194,"message":"x","timestamp":"2020-11-26T00:41:19Z"}"#.utf8),
            to: "old-results")
        stand.publish(answer.bytes, to: "old-results")
        let end = try await ended
        #expect(end.status == 0 && end.output.hasSuffix("Succeeded to replace config.\n"))
        await stand.stop()
    }

    private static func running(_ words: [String]) async throws -> Ended {
        try await Ended.beside(words)
    }
}

/// `replace-config` on a real collectd, without an agent.
@Suite(.crowd)
struct ReplaceConfigTests {
    private let collectd: Collectd

    init() throws { collectd = try Collectd() }

    private func replace(_ words: String...) throws -> Ended {
        try Ended.running(
            [
                Programs.replaceConfig, "-c", Collectd.program, "-C", collectd.path, "-P", collectd.pidFile, "--state",
                collectd.directory.path("state"),
            ] + words)
    }

    @Test func optionsAreThePredecessors() throws {
        let new = collectd.configuration("uptime")
        let file = try collectd.directory.write(new, to: "new.conf")
        let dry = try replace("--dry-run", file)
        #expect(dry.status == 0 && collectd.text() != new)
        let ended = try replace("-T", "7", "--log-device", "stdout", "--log-level", "info", file)
        #expect(ended.status == 0 && ended.output == "Succeeded to replace the config.\n")
        #expect(collectd.text() == new && collectd.process != nil)

        // The new one stands there already.
        let other = collectd.configuration("memory")
        try collectd.directory.write(other, to: "etc/collectd.conf.lock")
        #expect(try replace("--skip-prepare").status == 0)
        #expect(collectd.text() == other && collectd.text(".lock") == nil && collectd.text(".orig") == new)

        let broken = try replace(try collectd.directory.write("<", to: "broken.conf"))
        #expect(broken.status == 1 && broken.output.hasPrefix("New config seems broken!: "))
        #expect(collectd.text() == other)
        #expect(try replace().status != 0)
        #expect(try replace("--log-level", "loud", file).errors.contains("expected err, warn, info or debug"))
        #expect(try replace("/nonexistent").errors.contains("No such file or directory"))
    }
}
