import CommandCatalog
import ConfigurationReader
import JSON
import Logging
import MQTT
import PluginKit
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import PluginHost

/// The host as a whole, at a real broker.
@Suite(.crowd, .serialized) struct PluginHostTests {
    /// A host at a broker of its own.
    private struct Bench {
        let broker: BrokerFixture
        let bench: HostBench

        init(_ members: String) async throws {
            broker = try await BrokerFixture()
            bench = try await HostBench(members, ports: [broker.port])
        }

        var host: PluginHost { bench.host }
        var directory: TemporaryDirectory { bench.directory }

        func write(_ members: String) throws { try bench.write(members, ports: [broker.port]) }

        /// What the probe was configured with; `nil` when it does not run.
        func word(of name: String) -> String? { bench.plugin(name, Probe.self)?.word }

        func stop() async throws { try await bench.stop() }
    }

    @Test func hostIsOnlineUntilItStopsAndTellsItsStatus() async throws {
        let bench = try await Bench("\"Plugins\": {\"probe\": {\"word\": \"hello\"}}")
        let listener = try await Listener(bench.broker.port, to: "recovery/#")
        try await eventually { !listener.texts("recovery/web01/status").isEmpty }
        #expect(listener.texts("recovery/web01/online") == ["1"])
        let text = try #require(listener.texts("recovery/web01/status").first)
        let status = try #require(try JSONText(Array(text.utf8)).value.object)
        #expect(status["v"] == 1)
        #expect(status["host"] == "web01")
        #expect(status["version"] == "1.2.3")
        #expect(status["word"] == "hello")
        #expect(status["plugins"]?.object?["probe"]?.object?["state"] == "running")
        #expect(status["mqtt"]?.object?["reconnects"] == 0)
        #expect(status["metrics"]?.object?["recoverd-probe/queue_length"] != nil)
        try await bench.stop()
        try? await eventually(within: .seconds(10)) { listener.texts("recovery/web01/online") == ["1", "0"] }
        #expect(listener.texts("recovery/web01/online") == ["1", "0"])
        await listener.stop()
    }

    @Test func reloadChangesStartsAndEndsInstances() async throws {
        let bench = try await Bench(
            "\"Plugins\": {\"probe/same\": {\"word\": \"a\"}, \"probe/other\": {\"word\": \"a\"}, \"probe/gone\": {}}"
        )
        let same = bench.host.state.withLock { $0.instances.first?.instance }
        try bench.write(
            "\"Plugins\": {\"probe/same\": {\"word\": \"a\"}, \"probe/other\": {\"word\": \"b\"}, \"probe/new\": {}}"
        )
        bench.host.requestReload()
        try await eventually { bench.word(of: "probe/new") != nil }
        #expect(bench.word(of: "probe/same") == "a")
        #expect(bench.word(of: "probe/other") == "b")
        #expect(bench.word(of: "probe/gone") == nil)
        #expect(bench.host.state.withLock { $0.instances.contains { $0.instance === same } })
        try await bench.stop()
    }

    @Test func reloadWithMistakesLeavesTheOldInForceAndSaysSo() async throws {
        let bench = try await Bench("\"Plugins\": {\"probe\": {\"word\": \"old\"}}")
        try bench.write("\"Plugins\": {\"probe\": {\"word\": \"\"}}")
        bench.host.requestReload()
        try await eventually { bench.host.status["configuration"] != nil }
        #expect(bench.word(of: "probe") == "old")
        let error = bench.host.status["configuration"]?.object?["error"]?.string
        #expect(error?.contains("Plugins.probe.word: expected a string that is not empty") == true)
        try bench.write("\"Plugins\": {\"probe\": {\"word\": \"new\"}}")
        bench.host.requestReload()
        try await eventually { bench.word(of: "probe") == "new" }
        #expect(bench.host.status["configuration"] == nil)
        try await bench.stop()
    }

    @Test func hostWithAnotherNameLeavesNothingUnderTheOldOne() async throws {
        let bench = try await Bench("\"Plugins\": {\"probe\": {}}")
        let listener = try await Listener(bench.broker.port, to: "recovery/#")
        try await eventually { !listener.texts("recovery/web01/status").isEmpty }
        try bench.directory.write(
            "{\"Host\": \"127.0.0.1:\(bench.broker.port)\", \"Hostname\": \"web02\", \"LogLevel\": \"fatal\"}",
            to: "main.json"
        )
        bench.host.requestReload()
        try await eventually { listener.texts("recovery/web02/online").last == "1" }
        try await eventually { listener.texts("recovery/web01/status").last == "" }
        try await eventually { listener.texts("recovery/web01/online").last == "" }
        try await bench.stop()
        await listener.stop()
    }

    @Test func aPluginThatCannotBeIsShownAndTheOthersRun() async throws {
        let bench = try await Bench(
            "\"Plugins\": {\"probe/a\": {\"word\": \"impossible\"}, \"probe/b\": {\"word\": \"x\"}}")
        #expect(bench.word(of: "probe/b") == "x")
        let plugins = bench.host.status["plugins"]?.object
        #expect(plugins?["probe/a"]?.object?["state"] == "failed")
        #expect(plugins?["probe/b"]?.object?["state"] == "running")
        try await bench.stop()
    }

    @Test func dumpShowsEverythingToAPerson() async throws {
        let bench = try await Bench("\"Plugins\": {\"probe\": {\"word\": \"hello\"}}")
        try await eventually { bench.host.dump.contains("recoverd-probe/queue_length value=") }
        #expect(bench.host.dump.contains("\n  host web01\n"))
        #expect(bench.host.dump.contains("\n  probe {\"state\":\"running\""))
        try await bench.stop()
    }

    @Test func withoutRootNothingOfOurOwnIsPublished() async throws {
        let bench = try await Bench("\"Root\": \"\", \"Plugins\": {\"probe\": {}}")
        let listener = try await Listener(bench.broker.port, to: "recovery/#")
        try await eventually { bench.host.dump.contains("recoverd-probe/queue_length") }
        try await bench.stop()
        #expect(listener.count == 0)
        await listener.stop()
    }
}
