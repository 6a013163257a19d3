import CommandCatalog
import MQTT
import Testing

@testable import TaskSending
@testable import send_command
import ProgramOptions

@Suite struct SettingsTests {
    /// What stands on the command line, in the environment and in the file, and what comes of it.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var commandLine: [OptionName: String] = [:]
        var environment: [OptionName: String] = [:]
        var file: [OptionName: String] = [:]
        let expected: String
    }

    static let rows = [
        Row(
            testDescription: "topic alone", commandLine: [.topic: "t"],
            expected: "mqtt://localhost:1883 2 t nil 30.0 seconds person"),
        Row(
            testDescription: "the command line before the environment before the file",
            commandLine: [.host: "a"], environment: [.host: "b", .topic: "tb"],
            file: [.topic: "tc", .resultTopic: "r"],
            expected: "mqtt://a:1883 2 tb r 30.0 seconds person"),
        Row(
            testDescription: "TLS from the file, host from the command line",
            commandLine: [.host: "a", .topic: "t"], file: [.secure: "true"],
            expected: "mqtts://a:8883 2 t nil 30.0 seconds person"),
        Row(
            testDescription: "TLS switched off by a stronger source",
            commandLine: [.topic: "t"], environment: [.secure: "0"], file: [.secure: "true"],
            expected: "mqtt://localhost:1883 2 t nil 30.0 seconds person"),
        Row(
            testDescription: "--port goes before the port in the host of the same source",
            commandLine: [.host: "a:1", .port: "2", .topic: "t"], expected: "mqtt://a:2 2 t nil 30.0 seconds person"),
        Row(
            testDescription: "a port of the file does not reach a host that names its own",
            commandLine: [.host: "[::1]:1", .topic: "t"], file: [.port: "2"],
            expected: "mqtt://[::1]:1 2 t nil 30.0 seconds person"),
        Row(
            testDescription: "a port of the file reaches a host without one",
            commandLine: [.host: "mqtts://[::1]", .topic: "t"], file: [.port: "2"],
            expected: "mqtts://[::1]:2 2 t nil 30.0 seconds person"),
        Row(
            testDescription: "own topics of a host", commandLine: [.to: "web01"],
            expected: "mqtt://localhost:1883 1 recovery/web01/command recovery/web01/result 30.0 seconds person"),
        Row(
            testDescription: "own topics under another root", commandLine: [.to: "web01"], file: [.root: "a/b"],
            expected: "mqtt://localhost:1883 1 a/b/web01/command a/b/web01/result 30.0 seconds person"),
        Row(
            testDescription: "a host goes before the topics of a weaker source",
            commandLine: [.to: "w"], environment: [.topic: "t", .resultTopic: "r"],
            expected: "mqtt://localhost:1883 1 recovery/w/command recovery/w/result 30.0 seconds person"),
        Row(
            testDescription: "a topic goes before the host of a weaker source",
            commandLine: [.topic: "t"], environment: [.to: "w"],
            expected: "mqtt://localhost:1883 2 t nil 30.0 seconds person"),
        Row(
            testDescription: "quality of service and time", commandLine: [.topic: "t", .qos: "0", .timeout: "90"],
            expected: "mqtt://localhost:1883 0 t nil 90.0 seconds person"),
        Row(
            testDescription: "a duration with its unit", commandLine: [.topic: "t", .timeout: "2m"],
            expected: "mqtt://localhost:1883 2 t nil 120.0 seconds person"),
        Row(
            testDescription: "--quiet goes before json of the file", commandLine: [.topic: "t", .quiet: "true"],
            file: [.json: "true"], expected: "mqtt://localhost:1883 2 t nil 30.0 seconds quiet"),
    ]

    @Test(arguments: rows) func ofEachOptionTheFirstSourceCounts(row: Row) throws {
        let settings = try Self.settings(row.commandLine, row.environment, row.file)
        let topics = settings.topics
        let result = topics.result.map { "\($0)" } ?? "nil"
        let found =
            "\(settings.broker) \(settings.qos.rawValue) \(topics.command) \(result) \(settings.timeout) \(settings.format)"
        #expect(found == row.expected)
    }

    static let mistakes: [([OptionName: String], String)] = [
        ([:], "where is the task to go? Name the host with --to, or the topic with --topic"),
        ([.topic: "t", .to: "w"], "--to names the topics of the host; leave out --topic and --result-topic, or --to"),
        (
            [.resultTopic: "t", .to: "w"],
            "--to names the topics of the host; leave out --topic and --result-topic, or --to"
        ),
        ([.topic: "a/#"], "--topic: expected a topic without wildcards and empty levels, found \"a/#\""),
        (
            [.to: "a.b"],
            "--to: expected a host's identity: letters, digits, \"_\" and \"-\", at most 128, found \"a.b\""
        ),
        ([.topic: "t", .qos: "3"], "--qos: expected 0, 1 or 2, found \"3\""),
        ([.topic: "t", .port: "0"], "--port: expected a port from 1 to 65535, found \"0\""),
        ([.topic: "t", .password: "x"], "a password needs a user name; add --user"),
        (
            [.topic: "t", .password: "x", .passwordFile: "y"],
            "expected one of --password and --password-file, found both"
        ),
        ([.topic: "t", .json: "true", .quiet: "true"], "expected one of --json and --quiet, found both"),
        ([.topic: "t", .secure: "true", .cert: "c"], "--cert and --key-file belong together, found only one of them"),
        ([.topic: "t", .cafile: "c"], "--cafile, --cert and --key-file are for TLS; add --secure or write mqtts://"),
        (
            [.topic: "t", .root: "+"],
            "--root: expected the first level or levels of a topic, without wildcards, found \"+\""
        ),
        ([.topic: "t", .reason: ""], "--reason: expected 1 to 256 bytes of text, found \"\""),
    ]

    @Test(arguments: mistakes) func mistakesSayWhatWasExpected(options: [OptionName: String], message: String) {
        #expect(throws: UsageError(message)) { try Self.settings(options) }
    }

    /// A04: no duration.
    @Test(arguments: ["0", "-1", "abc", "1e99", "", "0s", "2d", "1.5", "99999999999999999999", "5 s"])
    func aTimeThatIsNoneIsRefused(text: String) {
        let expected =
            "--timeout: expected seconds or a duration such as \"30s\" or \"2m\", more than 0 and at most \"1d\""
        #expect(throws: UsageError("\(expected), found \"\(text)\"")) {
            try Self.settings([.topic: "t", .timeout: text])
        }
    }

    @Test(arguments: [("1", 1), ("1h", 3600), ("1d", 86_400), ("86400", 86_400)])
    func aTimeIsSecondsOrADuration(text: String, seconds: Int64) throws {
        #expect(try Self.settings([.topic: "t", .timeout: text]).timeout == .seconds(seconds))
    }

    @Test func aBadBrokerIsNamed() {
        let error = #expect(throws: UsageError.self) { try Self.settings([.topic: "t", .host: "http://a"]) }
        #expect(error?.description.hasPrefix("--host: expected \"host\", \"host:port\"") == true)
    }

    @Test func theEnvironmentIsNamedByItsVariable() {
        #expect(throws: UsageError("RECOVERD_QOS: expected 0, 1 or 2, found \"x\"")) {
            try Self.settings([.topic: "t"], [.qos: "x"])
        }
    }

    @Test func aVariableThatIsEmptyCountsAsNotSet() throws {
        #expect(try Self.settings([.topic: "t"], [.user: "", .qos: ""]).qos == .exactlyOnce)
    }

    /// T37, A06: everybody sees it there.
    @Test func onlyAPasswordOnTheCommandLineIsWarnedOf() throws {
        let seen = try Self.settings([.topic: "t", .user: "u", .password: "x"])
        #expect(seen.warnings == ["--password is visible to every user of this machine; use --password-file"])
        let unseen = try Self.settings([.topic: "t", .user: "u"], [.password: "x"])
        #expect(unseen.warnings.isEmpty)
        #expect(unseen.password == "x")
    }

    @Test func aPasswordFileOfAStrongerSourceGoesBeforeAPassword() throws {
        let settings = try Self.settings([.topic: "t", .passwordFile: "f"], [.user: "u", .password: "x"])
        #expect(settings.password == "secret of f")
    }

    private static func settings(
        _ commandLine: [OptionName: String], _ environment: [OptionName: String] = [:],
        _ file: [OptionName: String] = [:]
    ) throws -> Settings {
        let variables = Dictionary(uniqueKeysWithValues: environment.map { ($0.key.variable, $0.value) })
        return try Settings(
            commandLine: GivenOptions(OptionTexts.commandLine(commandLine)),
            others: [
                GivenOptions(OptionTexts.environment { variables[$0] }), GivenOptions(OptionTexts.commandLine(file)),
            ],
            readPassword: { path in "secret of \(path)" }
        )
    }
}
