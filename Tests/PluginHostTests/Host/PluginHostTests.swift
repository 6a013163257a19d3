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
@Suite(.timeLimit(.minutes(5)), .serialized) struct PluginHostTests {
    /// A host with its file, at a broker, running.
    private final class Bench: Sendable {
        let broker: BrokerFixture
        let directory: TemporaryDirectory
        let host: PluginHost
        private let group: ServiceGroup
        private let running: Task<Void, any Error>

        init(_ members: String, budget: StopBudget = StopBudget()) async throws {
            (broker, directory) = (try await BrokerFixture(), try TemporaryDirectory())
            let path = directory.path("main.json")
            try directory.write(Self.text(members, broker.port), to: "main.json")
            let load = { @Sendable () throws(ConfigurationError) in
                try AgentConfiguration.load(file: path, registry: PluginRegistry([Probe.self]))
            }
            host = PluginHost(
                try load(), log: AgentLog(), version: "1.2.3", clock: SystemClock(), budget: budget, load: load
            )
            group = ServiceGroup(
                services: [host], gracefulShutdownSignals: [], cancellationSignals: [], logger: Logger(label: "test")
            )
            running = Task { [group] in try await group.run() }
            try await eventually("the host is connected") { host.client.statistics.isConnected }
        }

        func write(_ members: String) throws {
            try directory.write(Self.text(members, broker.port), to: "main.json")
        }

        /// What the probe was configured with; `nil` when it does not run.
        func word(of name: String) -> String? {
            let instances = host.state.withLock(\.instances)
            return instances.first { $0.blueprint.key.description == name }.flatMap { $0.instance.plugin as? Probe }?
                .word
        }

        func stop() async throws {
            await group.triggerGracefulShutdown()
            try await running.value
        }

        private static func text(_ members: String, _ port: Int) -> String {
            "{\"Host\": \"127.0.0.1:\(port)\", \"Hostname\": \"web01\", \"LogLevel\": \"fatal\", \(members)}"
        }
    }

    /// Listens at a broker to everything below `recovery`.
    private func listener(_ broker: BrokerFixture) async throws -> (MQTTClient, Collected<ReceivedMessage>) {
        let messages = Collected<ReceivedMessage>()
        let isSubscribed = Completion()
        let client = MQTTClient(
            MQTTOptions(address: BrokerAddress(host: "127.0.0.1", port: broker.port), clientID: "listener"),
            logger: Logger(label: "listener") { _ in SwiftLogNoOpLogHandler() },
            handlers: MQTTHandlers(
                onMessage: { message in
                    messages.append(message)
                    return .take
                },
                onEvent: { if case .subscribed = $0 { isSubscribed.finish() } }
            )
        )
        client.subscribe(to: [MQTTSubscription("recovery/#")])
        client.start()
        try await eventually { isSubscribed.isFinished }
        return (client, messages)
    }

    private func texts(_ messages: Collected<ReceivedMessage>, _ topic: String) -> [String] {
        messages.all.filter { $0.topic == topic }.map { String(decoding: $0.payload, as: UTF8.self) }
    }

    @Test func hostIsOnlineUntilItStopsAndTellsItsStatus() async throws {
        let bench = try await Bench("\"Plugins\": {\"probe\": {\"word\": \"hello\"}}")
        let (client, messages) = try await listener(bench.broker)
        try await eventually { !texts(messages, "recovery/web01/status").isEmpty }
        #expect(texts(messages, "recovery/web01/online") == ["1"])
        let text = try #require(texts(messages, "recovery/web01/status").first)
        let status = try #require(try JSONText(Array(text.utf8)).value.object)
        #expect(status["v"] == 1)
        #expect(status["host"] == "web01")
        #expect(status["version"] == "1.2.3")
        #expect(status["word"] == "hello")
        #expect(status["plugins"]?.object?["probe"]?.object?["state"] == "running")
        #expect(status["mqtt"]?.object?["reconnects"] == 0)
        #expect(status["metrics"]?.object?["recoverd-probe/queue_length"] != nil)
        try await bench.stop()
        try? await eventually(within: .seconds(10)) { texts(messages, "recovery/web01/online") == ["1", "0"] }
        #expect(texts(messages, "recovery/web01/online") == ["1", "0"])
        await client.stop(deadline: .seconds(1))
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
        let (client, messages) = try await listener(bench.broker)
        try await eventually { !texts(messages, "recovery/web01/status").isEmpty }
        try bench.directory.write(
            "{\"Host\": \"127.0.0.1:\(bench.broker.port)\", \"Hostname\": \"web02\", \"LogLevel\": \"fatal\"}",
            to: "main.json"
        )
        bench.host.requestReload()
        try await eventually { texts(messages, "recovery/web02/online").last == "1" }
        try await eventually { texts(messages, "recovery/web01/status").last == "" }
        try await eventually { texts(messages, "recovery/web01/online").last == "" }
        try await bench.stop()
        await client.stop(deadline: .seconds(1))
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
        let (client, messages) = try await listener(bench.broker)
        try await eventually { bench.host.dump.contains("recoverd-probe/queue_length") }
        try await bench.stop()
        #expect(messages.count == 0)
        await client.stop(deadline: .seconds(1))
    }
}
