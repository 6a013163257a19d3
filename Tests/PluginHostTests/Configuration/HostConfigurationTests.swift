import CommandCatalog
import ConfigurationReader
import Glibc
import Logging
import MQTT
import TestSupport
import Testing

@testable import PluginHost

/// What a good main file means.
@Suite struct HostConfigurationTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func load(_ members: String, mode: mode_t = 0o600) throws -> AgentConfiguration {
        let text = "{\"Host\": \"127.0.0.1:1884\", \"Hostname\": \"web01\"\(members.isEmpty ? "" : ", ")\(members)}"
        let path = try directory.write(text, to: "main.json", mode: mode)
        return try AgentConfiguration.load(file: path, registry: PluginRegistry([Probe.self]))
    }

    private func warnings(_ members: String, mode: mode_t = 0o600) throws -> [String] {
        try load(members, mode: mode).warnings.map { "\($0.path): \($0.message)" }
    }

    @Test func defaultsAreThoseOfThePages() throws {
        let host = try load("").host
        let mqtt = try #require(host.brokers.first)
        #expect(host.brokers.count == 1)
        #expect(host.identity.description == "web01")
        #expect(host.topics?.online.description == "recovery/web01/online")
        #expect(mqtt.clientID == "recoverd-agent-web01")
        #expect(mqtt.lastWill?.topic == "recovery/web01/online")
        #expect(mqtt.lastWill?.payload == Array("0".utf8))
        #expect(mqtt.lastWill?.retain == true)
        #expect(mqtt.isCleanSession == false)
        #expect(mqtt.reconnect.cap == .seconds(60))
        #expect(host.log.level == .warning)
    }

    @Test(arguments: [
        ("broker", "broker", 1883, false), ("broker:1", "broker", 1, false), ("[::1]:2", "::1", 2, false),
        ("mqtt://broker", "broker", 1883, false), ("mqtts://broker", "broker", 8883, true),
        ("tcp://broker:3", "broker", 3, false), ("ssl://broker", "broker", 8883, true),
    ])
    func addressIsRead(text: String, name: String, port: Int, isTLS: Bool) throws {
        let path = try directory.write("{\"Host\": \"\(text)\", \"Hostname\": \"a\"}", to: "main.json")
        let host = try AgentConfiguration.load(file: path, registry: PluginRegistry([])).host
        let address = try #require(host.brokers.first?.address)
        #expect((address.host, address.port, address.isTLS) == (name, port, isTLS))
    }

    @Test func severalBrokersDifferInTheirAddressOnly() throws {
        let text = """
            {"Host": ["a", "mqtts://b", "[::1]:7"], "Hostname": "web01", "User": "u", "Password": "p"}
            """
        let path = try directory.write(text, to: "main.json")
        let configuration = try AgentConfiguration.load(file: path, registry: PluginRegistry([]))
        let brokers = configuration.host.brokers
        #expect(brokers.map(\.address.name) == ["a:1883", "b:8883", "[::1]:7"])
        #expect(brokers.map(\.address.isTLS) == [false, true, false])
        for var broker in brokers.dropFirst() {
            broker.address = brokers[0].address
            #expect(broker == brokers[0])
        }
        #expect(brokers[0].lastWill?.topic == "recovery/web01/online")
        #expect(configuration.summary == "web01 at mqtt://a:1883, mqtts://b:8883, mqtt://[::1]:7; plugins: none")
    }

    @Test func emptyRootSwitchesOwnTopicsOff() throws {
        let host = try load("\"Root\": \"\"").host
        #expect(host.topics == nil)
        #expect(host.brokers.map(\.lastWill) == [nil])
    }

    @Test(arguments: [
        ("fatal", Logger.Level.critical), ("err", .error), ("error", .error), ("warn", .warning), ("warning", .warning),
        ("info", .info), ("debug", .debug),
    ])
    func levelIsThePredecessors(word: String, level: Logger.Level) throws {
        #expect(try load("\"LogLevel\": \"\(word)\"").host.log.level == level)
    }

    @Test(arguments: [
        ("stdout", LogDevice.standardOutput), ("console", .standardOutput), ("stderr", .standardError),
        ("journal", .journal),
    ])
    func deviceIsKnown(word: String, device: LogDevice) throws {
        #expect(try load("\"LogDevice\": \"\(word)\"").host.log.device == device)
    }

    @Test(arguments: [
        (
            "\"LogLevel\": \"loud\"",
            "LogLevel: \"loud\" is none of fatal, err, error, warn, warning, info, debug; warn is used"
        ),
        ("\"CleanSession\": true", "CleanSession: commands that are sent while the agent is not connected are lost"),
        ("\"LocalMonitorConfigDir\": \"/x\"", "LocalMonitorConfigDir: has no effect here; remove it"),
        ("\"MonitorConfigPath\": \"/x\"", "MonitorConfigPath: has no effect here; remove it"),
        ("\"CAFile\": \"/x\"", "CAFile: is not used without TLS; set \"Secure\": true"),
    ])
    func warningIsGiven(member: String, warning: String) throws {
        #expect(try warnings(member) == [warning])
    }

    @Test func unknownDeviceMeansSyslogWithAWarning() throws {
        let first = try warnings("\"LogDevice\": \"printer\"").first
        #expect(first == "LogDevice: \"printer\" is none of stdout, console, stderr, journal, syslog; syslog is used")
    }

    @Test func passwordInAFileThatEverybodyReadsIsWarnedOf() throws {
        let members = "\"User\": \"u\", \"Password\": \"p\""
        #expect(try warnings(members).isEmpty)
        #expect(
            try warnings(members, mode: 0o644)
                == ["Password: everybody may read the file that holds it; use: chmod o-r, or \"PasswordFile\""]
        )
        #expect(try warnings("", mode: 0o644).isEmpty)
    }

    @Test(arguments: ["secret", "secret\n", "secret\r\n"])
    func passwordFileLosesTheEndOfItsLine(content: String) throws {
        let path = try directory.write(content, to: "password")
        let host = try load("\"User\": \"u\", \"PasswordFile\": \"\(path)\"").host
        #expect(host.brokers.first?.password == "secret")
        #expect(!"\(host)".contains("secret"))
    }

    @Test func hostStandsForItselfInPaths() throws {
        let path = try directory.write("secret", to: "web01.password")
        let pattern = directory.path("%h.password")
        #expect(try load("\"User\": \"u\", \"PasswordFile\": \"\(pattern)\"").host.brokers.first?.password == "secret")
        #expect(path.hasSuffix("web01.password"))
    }

    @Test func instancesAreThoseThatAreSwitchedOn() throws {
        let configuration = try load(
            "\"Plugins\": {\"probe\": {}, \"probe/b.1\": {\"interval\": \"1m\"}, \"probe/c\": {\"enabled\": false}}"
        )
        #expect(configuration.blueprints.map(\.key.description) == ["probe", "probe/b.1"])
        #expect(configuration.blueprints.map(\.interval) == [.seconds(10), .seconds(60)])
        #expect(configuration.summary == "web01 at mqtt://127.0.0.1:1884; plugins: probe, probe/b.1")
    }

    @Test func predecessorsKeysAreKnown() throws {
        let members = """
            "User": "u", "Password": "p", "Secure": false, "CleanSession": false, "QoS": 2, "ReconnectInterval": 5,
            "CommandTopic": "a", "CommandResultTopic": "b", "LogLevel": "info", "LogDevice": "stdout", "Services": {}
            """
        let configuration = try load(members)
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.host.brokers.first?.reconnect.cap == .seconds(5))
    }
}
