import CommandCatalog
import ConfigurationReader
import PluginKit
import TestSupport
import Testing

@testable import RemoteExecutor

/// What the operator writes for the executor, and what is said about mistakes.
struct ConfigurationTests {
    @Test func defaultsAreTheDocumentedOnes() throws {
        let text = ConfigurationText("{\"Services\": {}}")
        let configuration = try #require(text.configuration)
        #expect(text.mistakes.isEmpty && text.warnings.isEmpty)
        #expect(configuration.mostRunning == 4)
        #expect(configuration.mostQueued == 1000)
        #expect(configuration.defaults.timeout == .seconds(600))
        #expect(configuration.catalogTopic?.description == "recovery/h1/catalog")
        #expect(configuration.pairs.map(\.command.description) == ["recovery/h1/command"])
        #expect(configuration.pairs.map(\.result?.description) == ["recovery/h1/result"])
        #expect(configuration.pairs.map(\.quality) == [.atLeastOnce])
    }

    @Test func configuredPairComesFirst() throws {
        let text = ConfigurationText(
            """
            {"CommandTopic": "all/%h/c", "CommandResultTopic": "all/%h/r", "Root": "a/b", "QoS": 1, "Services": {},
            "MaxConcurrent": 4096, "MaxQueued": 1, "DefaultTimeout": "50s"}
            """)
        let configuration = try #require(text.configuration)
        #expect(text.mistakes.isEmpty && text.warnings.isEmpty)
        #expect(configuration.pairs.map(\.command.description) == ["all/h1/c", "a/b/h1/command"])
        #expect(configuration.pairs.map(\.result?.description) == ["all/h1/r", "a/b/h1/result"])
        #expect(configuration.pairs.map(\.quality) == [.atLeastOnce, .atLeastOnce])
        #expect(configuration.mostRunning == 4096 && configuration.mostQueued == 1)
        #expect(configuration.defaults.timeout == .seconds(50))
    }

    @Test func emptyRootSwitchesTheOwnTopicsOff() throws {
        let text = ConfigurationText("{\"Root\": \"\", \"CommandTopic\": \"c\", \"Services\": {}}")
        let configuration = try #require(text.configuration)
        #expect(text.mistakes.isEmpty)
        #expect(configuration.catalogTopic == nil)
        #expect(configuration.pairs.map(\.command.description) == ["c"])
        #expect(configuration.pairs.first?.result == nil)
        #expect(configuration.pairs.first?.quality == .exactlyOnce)
    }

    @Test func qualityZeroOfResultsIsWarnedOf() throws {
        let text = ConfigurationText("{\"CommandTopic\": \"c\", \"QoS\": 0, \"Services\": {}}")
        #expect(text.configuration?.pairs.first?.quality == .atMostOnce)
        #expect(text.mistakes.isEmpty)
        #expect(
            text.warnings == [
                "/nowhere/f.json:1:30: QoS: at QoS 0 a result is lost when the connection is; proceeding"
            ])
    }

    @Test func filesThatCannotBeUsedAreToldBeforeTheyAreNeeded() throws {
        let directory = try TemporaryDirectory()
        try ChildProgram.run("/bin/mkdir", directory.path("keys"), directory.path("none"))
        try directory.write(Array("nonsense".utf8), to: "keys/ops.pub")
        func text(_ members: String) -> ConfigurationText { ConfigurationText("{\"Services\": {}, \(members)}") }
        let keys = text("\"KeyDirectory\": \"\(directory.path("keys"))\"")
        #expect(keys.warnings.contains { $0.contains("1:34: KeyDirectory: \(directory.path("keys/ops.pub"))") })
        let missing = text("\"KeyDirectory\": \"/missing/keys\"")
        #expect(missing.warnings.contains { $0.contains("KeyDirectory: /missing/keys: ") })
        #expect(missing.warnings.contains { $0.hasSuffix("so every task that needs a signature is refused") })
        let none = text("\"KeyDirectory\": \"\(directory.path("none"))\"")
        #expect(none.warnings.contains { $0.hasSuffix("there is no key in it, so no task needs a signature") })
        let audit = text("\"AuditFile\": \"/missing/audit.log\"")
        let reason = "the directory /missing is not there; nothing is written until somebody makes it"
        #expect(audit.warnings == ["/nowhere/f.json:1:31: AuditFile: \(reason)"])
        #expect(text("\"AuditFile\": \"\(directory.path)\"").warnings.allSatisfy { $0.contains("is a directory") })
        #expect(text("\"AuditFile\": \"\(directory.path("audit"))\"").warnings == [])
        // Without it nobody may do anything, so it is a mistake.
        let policy = text("\"PolicyFile\": \"/missing/policy.json\"")
        #expect(policy.mistakes.count == 1)
        #expect(policy.mistakes[0].hasPrefix("/nowhere/f.json:1:32: PolicyFile: /missing/policy.json: "))
    }

    @Test func missingServicesAreWarnedOf() {
        let text = ConfigurationText("{}")
        #expect(text.mistakes.isEmpty)
        #expect(text.warnings == ["/nowhere/f.json:1:1: there is no \"Services\"; every task will be answered 0x1001"])
    }

    private static let topic = "expected a topic: levels joined by \"/\", none empty, no +, # or leading $, found"

    @Test(arguments: [
        ("\"Root\": \"\"", "1:1: needs \"CommandTopic\", because \"Root\" switches the host's own topics off"),
        (
            "\"Root\": \"/a\"",
            "1:10: Root: expected one or several levels of a topic such as \"recovery\", or \"\" for no topics of our own, found \"/a\""
        ),
        (
            "\"Root\": \"a/#\"",
            "1:10: Root: expected one or several levels of a topic such as \"recovery\", or \"\" for no topics of our own, found \"a/#\""
        ),
        ("\"CommandTopic\": \"a/+\"", "1:18: CommandTopic: \(topic) \"a/+\""),
        ("\"CommandTopic\": \"\"", "1:18: CommandTopic: \(topic) \"\""),
        ("\"CommandResultTopic\": \"a//b\"", "1:24: CommandResultTopic: \(topic) \"a//b\""),
        (
            "\"CommandTopic\": \"a\", \"CommandResultTopic\": \"a\"",
            "1:45: CommandResultTopic: is the CommandTopic too; results would come back as tasks"
        ),
        (
            "\"CommandTopic\": \"recovery/%h/command\"",
            "1:18: CommandTopic: is one of the host's own topics already; choose another one"
        ),
        (
            "\"CommandTopic\": \"recovery/h1/result\"",
            "1:18: CommandTopic: is one of the host's own topics already; choose another one"
        ),
        (
            "\"CommandTopic\": \"a\", \"CommandResultTopic\": \"recovery/h1/command\"",
            "1:45: CommandResultTopic: is one of the host's own topics; choose another one"
        ),
        ("\"QoS\": 3", "1:9: QoS: expected an integer from 0 to 2, found the number 3"),
        ("\"QoS\": \"1\"", "1:9: QoS: expected an integer from 0 to 2, found a string"),
        ("\"MaxConcurrent\": 0", "1:19: MaxConcurrent: expected an integer from 1 to 4096, found the number 0"),
        ("\"MaxQueued\": 100001", "1:15: MaxQueued: expected an integer from 1 to 100000, found the number 100001"),
        (
            "\"DefaultTimeout\": 600",
            "1:20: DefaultTimeout: expected a duration such as \"30s\", 100ms to 7d, found the number 600"
        ),
        (
            "\"MaxConcurent\": 2",
            "1:2: MaxConcurent: unknown key; did you mean \"MaxConcurrent\"? Known here: AllowUnsigned, AuditFile, Backend, "
                + "CommandResultTopic, CommandTopic, DefaultTimeout, JournalAnswers, JournalDigests, KeyDirectory, "
                + "MaxAge, MaxAhead, MaxConcurrent, MaxQueued, OutputKept, OutputPerCommand, PolicyFile, QoS, "
                + "RequireTimestamp, RequireUser, Root, SenderRate, ServiceRate, Services"
        ),
    ])
    func mistakeIsToldExactly(_ members: String, _ mistake: String) {
        let text = ConfigurationText("{\(members), \"Services\": {}}")
        #expect(text.mistakes == ["/nowhere/f.json:\(mistake)"])
    }

    @Test func resultsOfBothPairsMayShareATopic() {
        let text = ConfigurationText(
            "{\"CommandTopic\": \"all\", \"CommandResultTopic\": \"recovery/h1/result\", \"Services\": {}}")
        #expect(text.mistakes.isEmpty)
        #expect(text.configuration?.pairs.count == 2)
    }
}
