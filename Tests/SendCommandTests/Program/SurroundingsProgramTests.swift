import JSON
import TestSupport
import Testing

/// How the program is called, and what it finds around it.
@Suite(.crowd) struct SurroundingsProgramTests {
    private let broker: BrokerFixture
    private let base: [String]

    init() async throws {
        broker = try await BrokerFixture()
        base = FailureProgramTests.base(broker)
    }

    static let wrongCalls: [[String]] = [
        [], ["s"], ["", "c"], ["s", ""], ["s\n", "c"], ["s", "c", "x"], ["s", "c", "--bogus"],
        ["s", "c", "--timeout", "0"],
        ["s", "c", "--timeout", "-1"], ["s", "c", "--timeout", "abc"], ["s", "c", "--timeout", "1e99"],
        ["s", "c", "--to", "w"], [String(repeating: "x", count: 256), "c"], ["s", "c", "-q", "3"],
        ["s", "c", "a=\(String(repeating: "x", count: 65_536))"], ["s", "c", "--options", "/nonexistent"],
    ]

    @Test(arguments: wrongCalls) func aWrongCallIs125AndNothingIsSent(arguments: [String]) async throws {
        let program = try SentProgram(base + arguments)
        #expect(try await program.status() == 125)
        #expect(program.output.isEmpty)
        #expect(program.error.hasPrefix("send-command: "))
        #expect(program.error.contains("\nUsage: send-command [<option> …] <service> <command> [<name>=<value> …]\n"))
        #expect(!broker.log.contains("sendcommand"))
    }

    @Test func aWrongCallIsAnObjectForScripts() async throws {
        let program = try SentProgram(base + ["s", "--json"])
        #expect(try await program.status() == 125)
        let object = try JSONText(Array(program.output.utf8)).value.object
        #expect(object?["outcome"] == "usage")
        #expect(object?["task_id"] == .null)
    }

    @Test func whatIsNotUTF8IsRefused() async throws {
        let program = try SentProgram(base + ["s"], shell: #"exec "$@" "$(printf '\377')""#)
        #expect(try await program.status() == 125)
        #expect(program.error.contains("is not valid UTF-8"))
    }

    @Test func helpAndVersionAreNoErrors() async throws {
        let help = try SentProgram(["--help"])
        #expect(try await help.status() == 0)
        #expect(help.output.hasPrefix("Sends one recovery command"))
        let version = try SentProgram(["--version"])
        #expect(try await version.status() == 0)
        #expect(version.output.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
        #expect(help.error + version.error == "")
    }

    @Test(arguments: [
        ["LANG": "invalid"], ["LC_ALL": "tr_TR.UTF-8"], ["TZ": ":odd"], ["PATH": ""], ["HOME": ""],
        ["HOME": "/nonexistent"],
    ])
    func theSurroundingsChangeNothing(environment: [String: String]) async throws {
        let agent = try await StandIn(port: broker.port)
        let program = try SentProgram(base + ["hello", "exec"], environment: environment)
        #expect(try await program.status() == 0)
        #expect(program.output.hasSuffix("\nhi\n"))
        #expect(program.error.isEmpty)
        #expect(agent.tasks.count == 1)
    }

    @Test func closedStreamsChangeNothing() async throws {
        let agent = try await StandIn(port: broker.port, code: 3)
        let program = try SentProgram(base + ["hello", "exec"], streams: .closed)
        #expect(try await program.status() == 3)
        #expect(agent.tasks.count == 1)
    }

    @Test(arguments: [["hello", "exec"], ["--help"]])
    func anOutputThatNobodyReadsIs125AndNothingIsSent(arguments: [String]) async throws {
        let agent = try await StandIn(port: broker.port)
        let program = try SentProgram(base + arguments, streams: .brokenPipe)
        #expect(try await program.status() == 125)
        #expect(program.error.isEmpty)
        #expect(agent.tasks.count == 0)
    }

    @Test func anOutputThatIsClosedLaterIs125() async throws {
        let agent = try await StandIn(port: broker.port)
        let program = try SentProgram(base + ["hello", "exec", "--quiet"], streams: .brokenPipe)
        #expect(try await program.status() == 125)
        #expect(program.error.isEmpty)
        #expect(agent.tasks.count == 1)
    }

    @Test func optionsComeFromTheUsersFileAndTheEnvironment() async throws {
        let agent = try await StandIn(port: broker.port)
        let home = try TemporaryDirectory()
        let folder = home.path(".config")
        try ChildProgram.run("/bin/mkdir", "-m", "700", "-p", folder, folder + "/recoverd")
        try home.write(
            #"{"host": "127.0.0.1:\#(broker.port)", "topic": "elsewhere", "result-topic": "res", "quiet": true}"#,
            to: ".config/recoverd/send-command.json")
        let environment = ["HOME": home.path, "RECOVERD_TOPIC": "cmd"]
        let program = try SentProgram(["hello", "exec"], environment: environment)
        #expect(try await program.status() == 0)
        #expect(program.output == "hi\n")
        #expect(agent.tasks.count == 1)
    }
}
