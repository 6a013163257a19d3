import Audit
import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

/// What README and pages show is what happens.
@Suite(.crowd)
struct DocumentationTests {
    /// Every `json config` block is a whole main file, and the agent takes it.
    @Test(arguments: ["README.md", "docs/configuration.md"])
    func everyConfigurationIsAccepted(page: String) throws {
        let configurations = try Page(page).blocks("json config")
        #expect(!configurations.isEmpty)
        for configuration in configurations {
            let directory = try TemporaryDirectory()
            let file = try directory.write(try Self.local(configuration, directory), to: "monitor-config.json")
            let ended = try Ended.running([Programs.agent, "check", file])
            #expect(ended.status == 0, "\(ended.errors)")
        }
    }

    /// Every `console` block of the README: `$` lines are run, and the others are what they print.
    @Test func everyConsoleOfTheReadmeSpeaksTheTruth() async throws {
        let page = try Page("README.md")
        let broker = try await BrokerFixture()
        let shown = try #require(page.blocks("json config").first)
        let services = try #require(JSONText(Array(shown.utf8)).value.object?["Services"])
        // Neither systemd nor the files that a host would have are here.
        let harmless = services.text.replacing("/usr/bin/systemctl", with: "/bin/true")
            .replacing("/usr/bin/find", with: "/bin/true")
        let agent = try await AgentFixture(broker, ["Services": JSONText(Array(harmless.utf8)).value])
        let directory = try TemporaryDirectory()
        try directory.write(try Self.local(shown, directory), to: "monitor-config.json")
        try Self.expectTruth(of: page, in: directory, broker)
        agent.end()
    }

    @Test func everyConsoleAboutRecoverctlSpeaksTheTruth() async throws {
        let broker = try await BrokerFixture()
        let directory = try TemporaryDirectory()
        try directory.write("listen 80\n", to: "app.conf")
        var services = AgentFixture.services.object ?? [:]
        services["app"] = [
            "configuration": ["path": .string(directory.path("app.conf")), "check": "grep listen \"$1\""]
        ]
        let agent = try await AgentFixture(
            broker, ["Services": .object(services), "Plugins": ["config-replacer": [:]]])
        try directory.write(try #require(Page("docs/policy.md").blocks("json policy").first), to: "policy.json")
        try Self.writeAudit(in: directory)
        symlink(agent.directory.path("state"), directory.path("state"))
        try directory.write(agent.directory.text(of: "monitor-config.json"), to: "monitor-config.json")
        try Self.expectTruth(of: try Page("docs/recoverctl.md"), in: directory, broker)
        agent.end()
    }

    @Test func everyConsoleAboutSignaturesSpeaksTheTruth() async throws {
        let broker = try await BrokerFixture()
        let directory = try TemporaryDirectory()
        try directory.write(try #require(Page("docs/policy.md").blocks("json policy").first), to: "policy.json")
        mkdir(directory.path("keys.d"), 0o700)
        let agent = try await AgentFixture(
            broker,
            [
                "KeyDirectory": .string(directory.path("keys.d")),
                "PolicyFile": .string(directory.path("policy.json")),
                "AuditFile": .string(directory.path("audit.log")),
            ])
        symlink(agent.directory.path("state"), directory.path("state"))
        try Self.expectTruth(of: try Page("docs/signatures.md"), in: directory, broker)
        agent.end()
    }

    /// The file of the predecessor's last release, but for the broker's name.
    @Test func everyConsoleAboutMigrationSpeaksTheTruth() async throws {
        let broker = try await BrokerFixture()
        let directory = try TemporaryDirectory()
        try directory.write(
            #"""
            {
              "Hostname": "web01", "Host": "broker.example.net", "Secure": false, "CleanSession": false, "QoS": 2,
              "ReconnectInterval": 5, "CommandTopic": "command-topic", "CommandResultTopic": "result-topic",
              "LogLevel": "info", "LogDevice": "stdout",
              "Services": {
                "nginx": { "commands": { "restart": "systemctl restart nginx" } },
                "hello": { "commands": { "exec": "/bin/echo \"Hello World!\"" } }
              }
            }
            """#, to: "config.json")
        try Self.expectTruth(of: try Page("docs/migration.md"), in: directory, broker)
    }

    /// The names of the page are all that there are.
    @Test func everyMetricIsInTheListAndEveryOneOfTheListIsThere() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker)
        let printed = try Ended.running([Programs.recoverctl, "metrics", "--state", agent.directory.path("state")])
        let names = Set(
            printed.output.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
                String(line.prefix { $0 != "{" && $0 != " " })
            })
        let rows = try Page("docs/operations.md").text.split(separator: "\n").filter { $0.hasPrefix("| `recoverd_") }
        let listed = Set(
            rows.flatMap { row in
                row.dropFirst(2).prefix { $0 != "|" }.matches(of: #/`(recoverd_[a-z_]+)/#).map { String($0.1) }
            })
        // Only where there are certificates, and keys that end.
        #expect(listed.subtracting(names) == ["recoverd_certificate_seconds_left", "recoverd_key_days_left"])
        #expect(names.subtracting(listed) == [])
        agent.end()
    }

    /// The audit of the page: three lines.
    private static func writeAudit(in directory: TemporaryDirectory) throws {
        let times = try ["07:49:18.123Z", "07:50:02.004Z", "07:51:40.500Z"].map {
            try #require(Timestamp(rfc3339: "2026-11-21T\($0)"))
        }
        var file = try AuditFile(
            AuditSettings(path: directory.path("audit.log"), headPath: directory.path("audit.head")), host: "web01",
            at: times[0])
        let events: [AuditEntry.Event] = [.agentStarted, .accepted, .refused]
        var entries = zip(events, times).map { AuditEntry($0, at: $1) }
        for index in 1...2 {
            (entries[index].kind, entries[index].service, entries[index].command) = ("command", "nginx", "restart")
        }
        (entries[1].key, entries[1].from, entries[1].taskID) = ("ops-2026b", "jane@desk", .integer(17))
        entries[1].verdict = "allowed by rule 4, policy.json:6"
        (entries[2].from, entries[2].taskID) = ("\u{1B}[2Jroot", .text("evil"))
        (entries[2].reason, entries[2].code) = ("denied", 4103)
        file.append(entries, at: times[2])
        file.sync(at: times[2])
    }

    /// Runs the `$` lines of a page, and holds what they print against what the page says.
    private static func expectTruth(
        of page: Page, in directory: TemporaryDirectory, _ broker: BrokerFixture
    ) throws {
        var lines = try page.blocks("console").joined(separator: "\n").split(separator: "\n")[...]
        #expect(!lines.isEmpty)
        while let command = lines.popFirst() {
            let expected = lines.prefix { !$0.hasPrefix("$ ") }
            lines = lines.dropFirst(expected.count)
            let printed = try output(of: String(command.dropFirst(2)), in: directory, broker)
            #expect(matches(printed, expected), "\(command)\n\(printed)")
        }
    }

    @Test func demoShowsTheAnswerAndLeavesNothingBehind() throws {
        let bin = Programs.agent.dropLast("/recoverd-agent".count)
        let directory = try TemporaryDirectory()
        let ended = try Ended.running(
            ["\(Page.root)/scripts/demo.sh", String(bin)],
            environment: ["TMPDIR": directory.path]
        )
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(ended.output.hasSuffix("\nHello World!\n"))
        #expect(try entries(directory.path) == 0)
    }

    @Test(arguments: ["conf/monitor-config.json", "conf/examples/fleet.json", "conf/examples/agent.json"])
    func sampleOfTheRepositoryIsAccepted(path: String) throws {
        let directory = try TemporaryDirectory()
        let text = try Page(path).text
        let file = try directory.write(text, to: "monitor-config.json")
        #expect(try Ended.running([Programs.agent, "check", file]).status == 0)
    }

    /// The same configuration with its secret where this test can put it, on the host of the page.
    private static func local(_ configuration: String, _ directory: TemporaryDirectory) throws -> String {
        let password = try directory.write("secret\n", to: "password")
        return configuration.replacing("/etc/recoverd/password", with: password)
            .replacing(/^\{/, with: "{ \"Hostname\": \"web01\",", maxReplacements: 1)
    }

    private static func output(
        of command: String, in directory: TemporaryDirectory, _ broker: BrokerFixture
    ) throws -> String {
        let bin = Programs.agent.dropLast("/recoverd-agent".count)
        let ended = try Ended.running(
            ["/bin/sh", "-c", "umask 077; cd \(directory.path); { \(command); } 2>&1"],
            environment: ["PATH": "\(bin):/usr/bin:/bin", "RECOVERD_HOST": "127.0.0.1:\(broker.port)"]
        )
        return ended.output
    }

    /// Whether the lines are those of the page, in which `…` stands for anything.
    private static func matches(_ printed: String, _ expected: ArraySlice<Substring>) -> Bool {
        let lines = printed.split(separator: "\n")
        guard lines.count == expected.count else { return false }
        return zip(lines, expected).allSatisfy { isLike(generic($0), generic($1)) }
    }

    private static func isLike(_ line: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "…", omittingEmptySubsequences: false)
        guard line.hasPrefix(parts[0]), line.hasSuffix(parts[parts.count - 1]) else { return false }
        var rest = line[...]
        for part in parts where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }

    /// The line without what differs from run to run: the width of a column is that of its longest entry.
    private static func generic(_ text: Substring) -> String {
        String(text).replacing(/"task_id":[0-9]+/, with: "\"task_id\":0").replacing(#/\ +/#, with: " ")
    }
}

/// A page of the checkout and its fenced blocks.
struct Page {
    static let root = String(#filePath.dropLast("/Tests/IntegrationTests/DocumentationTests.swift".count))

    let text: String

    init(_ path: String) throws {
        text = try ChildProgram.run("/bin/cat", "\(Self.root)/\(path)")
    }

    /// The blocks whose fence says this.
    func blocks(_ kind: String) throws -> [String] {
        text.split(separator: "\n```\(kind)\n").dropFirst().compactMap { rest in
            rest.firstRange(of: "\n```").map { String(rest[..<$0.lowerBound]) }
        }
    }
}
