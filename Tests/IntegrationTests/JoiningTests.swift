import Glibc
import JSON
import TestSupport
import Testing

/// From nothing to a host that obeys: `recoverctl up`, `recoverd-agent join`, `send-command`.
@Suite(.crowd)
struct JoiningTests {
    private let home: TemporaryDirectory
    private let port: Int

    init() throws {
        home = try TemporaryDirectory()
        port = try LoopbackPort.free(2)
    }

    private var environment: [String: String] { ["HOME": home.path] }

    /// A broker of `recoverctl up` in the foreground.
    private func up(_ hosts: String...) async throws -> ChildProgram {
        let log = open(home.path("up.log"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { close(log) }
        let broker = try ChildProgram(
            [
                "/usr/bin/env", "HOME=\(home.path)", "/bin/sh", "-c", "exec \"$@\" >\(home.path("lines"))", "sh",
                Programs.recoverctl, "up", "--foreground", "--directory", home.path("broker"), "--address", "127.0.0.1",
                "--port", "\(port)",
            ] + hosts, output: log)
        try await eventually("the broker listens; it said: \(text("up.log"))") { LoopbackPort.isOpen(port + 1) }
        return broker
    }

    private func text(_ name: String) -> String { (try? home.text(of: name)) ?? "" }

    private func join(_ code: String, _ more: String...) throws -> Ended {
        try Ended.running(
            [
                Programs.agent, "join", code, "--config", home.path("main.json"), "--tls", home.path("tls"), "--state",
                home.path("state"), "--timeout", "0",
            ] + more)
    }

    /// The word in a line of `recoverctl up`.
    private func code(_ line: String) throws -> String {
        let words = line.split(whereSeparator: \.isWhitespace)
        try #require(
            words.count == 6 && words.first == "echo" && words.dropFirst(2) == ["|", "recoverd-agent", "join", "-"])
        return String(words[1])
    }

    @Test func lineMakesAHostThatObeys() async throws {
        let broker = try await up("web02")
        defer { broker.end(SIGTERM) }
        let code = try code(text("lines"))
        // The line itself, as a shell of the host takes it.
        let joined = try Ended.running([
            "/bin/sh", "-c",
            text("lines").replacing("recoverd-agent", with: Programs.agent)
                .replacing(
                    "join -", with: "join - --config \(home.path("main.json")) --tls \(home.path("tls")) --timeout 0"),
        ])
        #expect(joined.output == "web02: wrote \(home.path("main.json"))\n")
        #expect(joined.status == 3 && joined.errors.contains("no agent runs here; start it: systemctl enable --now"))
        let agent = try ChildProgram(
            [
                Programs.agent, "run", "--config", home.path("main.json"), "--state", home.path("state"), "--runtime",
                home.path("run"),
            ], output: open("/dev/null", O_WRONLY | O_CLOEXEC))
        defer {
            agent.end(SIGTERM)
            for process in AgentProcesses.withDescendants(runtime: home.path("run")) { kill(process, SIGKILL) }
        }
        let answer = try Ended.running(
            [Programs.sendCommand, "--to", "web02", "--timeout", "30", "agent", "ping"], environment: environment)
        #expect(answer.status == 0 && answer.output.contains("pong"), "\(answer)")
        // Now there is somebody to ask; and the same code once more changes nothing.
        let again = try join(code, "--timeout", "30")
        #expect(again.status == 0 && again.output.hasSuffix("web02: connected to mqtts://127.0.0.1:\(port)\n"))
        let doctor = try Ended.running([
            Programs.recoverctl, "doctor", "--config", home.path("main.json"), "--state", home.path("state"),
        ])
        #expect(doctor.output.contains("broker") && doctor.output.contains("127.0.0.1:\(port) is connected"))
        #expect(doctor.status == 0, "\(doctor.output)")
        let metrics = try Ended.running([Programs.recoverctl, "metrics", "--state", home.path("state")])
        #expect(metrics.output.contains("recoverd_mqtt_connected{broker=\"127.0.0.1:\(port)\"} 1\n"))
    }

    @Test func brokerThatIsSetUpAgainKeepsItsHosts() async throws {
        let first = try await up("web02")
        let code = try code(text("lines"))
        first.end(SIGTERM)
        let files = ["broker/hosts/ca.pem", "broker/operators/ca.pem", "broker/broker.key"]
        let before = files.map(text)
        let second = try await up()
        defer { second.end(SIGTERM) }
        #expect(files.map(text) == before && !before.contains(""))
        #expect(text("lines").isEmpty && text("up.log").contains("next: recoverctl up HOST"))
        #expect(try join(code).status == 3)
        let hosts = try Ended.running([Programs.recoverctl, "hosts"], environment: environment)
        #expect(hosts.status == 5 && hosts.output.hasSuffix("0 hosts: 0 online\n"), "\(hosts)")
    }

    @Test func filesAreForThoseWhoNeedThem() async throws {
        let broker = try await up("web02")
        defer { broker.end(SIGTERM) }
        _ = try join(code(text("lines")))
        let modes: [(String, mode_t)] = [
            ("broker/hosts/ca.key", 0o600), ("broker/operators/ca.key", 0o600), ("broker/broker.key", 0o640),
            ("broker", 0o750), (".config/recoverd/operator.key", 0o600), ("tls/web02.key", 0o600),
            ("tls/web02.pem", 0o644), ("main.json", 0o644),
        ]
        for (name, mode) in modes {
            var status = stat()
            #expect(lstat(home.path(name), &status) == 0 && status.st_mode & 0o7777 == mode, "\(name)")
        }
    }

    /// That of the template, with what `recoverctl forget` needs.
    @Test func accessListIsThatOfTheTemplate() async throws {
        let broker = try await up()
        defer { broker.end(SIGTERM) }
        let template = try Page("conf/access-lists/mosquitto.acl").text.split(separator: "\n")
        let forgetting = template.filter { $0.hasPrefix("#topic write recovery/+/") }.map { $0.dropFirst() }
        #expect(forgetting.count == 3)
        let expected = (template.filter { !$0.hasPrefix("#") } + forgetting).map {
            $0 == "user ops" ? "user operator" : $0
        }
        #expect(text("broker/access.acl").split(separator: "\n") == expected)
    }

    @Test func whatIsThereIsKeptUnlessForced() async throws {
        let broker = try await up("web02")
        defer { broker.end(SIGTERM) }
        let code = try code(text("lines"))
        try home.write("{\"Host\": \"other\"}", to: "main.json")
        let kept = try join(code)
        #expect(
            kept.status == 78 && kept.errors.contains("is there already and says something else; nothing was written"))
        #expect(access(home.path("tls"), F_OK) != 0)
        #expect(try join(code, "--force").status == 3)
        #expect(text("main.json.old") == "{\"Host\": \"other\"}" && text("main.json").contains("web02"))
        let cut = try join(String(code.dropLast(9)))
        #expect(cut.status == 78 && cut.errors.contains("cut off or changed"))
    }

    @Test func optionsForAnotherBrokerAreKept() async throws {
        mkdir(home.path(".config"), 0o700)
        mkdir(home.path(".config/recoverd"), 0o700)
        try home.write("{\"host\": \"other\"}", to: ".config/recoverd/send-command.json")
        let broker = try await up()
        defer { broker.end(SIGTERM) }
        #expect(text(".config/recoverd/send-command.json") == "{\"host\": \"other\"}")
        #expect(text("up.log").contains("use this broker with --options \(home.path(".config/recoverd/up.json"))"))
        let hosts = try Ended.running(
            [Programs.recoverctl, "hosts", "--options", home.path(".config/recoverd/up.json")], environment: environment
        )
        #expect(hosts.status == 5, "\(hosts)")
    }

    @Test(arguments: [
        (["up", "operator"], 64, "operator is what operators are called"), (["up", "a", "a"], 64, "a is named twice"),
        (["up", "a.b"], 64, "expected a host's identity"), (["up", "--port", "65535"], 64, "--port is a number"),
        (["up", "--directory", "/x"], 64, "needs --foreground"), (["up", "--directory", "x"], 64, "absolute path"),
    ])
    func wrongUsageIsTold(arguments: [String], status: Int, message: String) throws {
        let ended = try Ended.running([Programs.recoverctl] + arguments)
        #expect(Int(ended.status) == status && ended.errors.contains(message), "\(ended)")
    }
}
