import CommandCatalog
import ConfigurationReader
import Logging
import MQTT
import PluginKit
import ServiceLifecycle
import Synchronization
import TestSupport

@testable import PluginHost

/// A host with its file, at one or several brokers, running.
final class HostBench: Sendable {
    let directory: TemporaryDirectory
    let host: PluginHost
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    /// Starts a host, and waits until it is connected everywhere.
    init(_ members: String, ports: [Int], budget: StopBudget = StopBudget()) async throws {
        directory = try TemporaryDirectory()
        let path = directory.path("main.json")
        try directory.write(Self.text(members, ports), to: "main.json")
        let load = { @Sendable () throws(ConfigurationError) in
            try AgentConfiguration.load(file: path, registry: PluginRegistry([Probe.self, Gate.self]))
        }
        host = PluginHost(
            try load(), log: AgentLog(), directories: AgentDirectories(state: "/nonexistent", runtime: "/nonexistent"),
            version: "1.2.3", clock: SystemClock(), budget: budget, load: load
        )
        group = ServiceGroup(
            services: [host], gracefulShutdownSignals: [], cancellationSignals: [], logger: Logger(label: "test")
        )
        running = Task { [group] in try await group.run() }
        try await connected(ports)
    }

    /// Waits until it is connected to all of these.
    func connected(_ ports: [Int]) async throws {
        try await eventually("the host is connected") {
            Set(host.brokers.statistics.filter(\.statistics.isConnected).map(\.name)) == Set(ports.map(Self.name))
        }
    }

    /// Replaces the file.
    func write(_ members: String, ports: [Int]) throws {
        try directory.write(Self.text(members, ports), to: "main.json")
    }

    /// The plugin under a section's name; `nil` when it does not run.
    func plugin<Instance>(_ name: String, _ type: Instance.Type = Instance.self) -> Instance? {
        let instances = host.state.withLock(\.instances)
        return instances.first { $0.blueprint.key.description == name }?.instance.plugin as? Instance
    }

    /// Publishes as a plugin does.
    ///
    /// - Returns: What became of it, as soon as that is known.
    @discardableResult
    func publish(_ text: String, to topic: String = "out", through port: Int? = nil) -> Collected<Bool> {
        let outcome = Collected<Bool>()
        let message = MQTTMessage(topic: topic, payload: Array(text.utf8), broker: port.map(Self.name))
        host.brokers.publish(message) { outcome.append($0) }
        return outcome
    }

    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await running.value
    }

    /// What the broker at a port is called.
    static func name(_ port: Int) -> String { "127.0.0.1:\(port)" }

    private static func text(_ members: String, _ ports: [Int]) -> String {
        let names = ports.map { "\"\(name($0))\"" }
        let broker = names.count == 1 ? names[0] : "[\(names.joined(separator: ", "))]"
        return """
            {"Host": \(broker), "Hostname": "web01", "LogLevel": "fatal", "ReconnectInterval": 1, \(members)}
            """
    }
}

/// A client that sees everything at a broker.
final class Listener: Sendable {
    private let client: MQTTClient
    private let messages = Collected<ReceivedMessage>()

    /// Connects and subscribes.
    init(_ port: Int, to filter: String = "#") async throws {
        let (messages, isSubscribed) = (messages, Completion())
        var options = MQTTOptions(
            address: BrokerAddress(host: "127.0.0.1", port: port), clientID: "listener-\(UInt32.random(in: 0 ... .max))"
        )
        options.reconnect = Backoff.Limits(base: .milliseconds(20), cap: .milliseconds(200))
        client = MQTTClient(
            options, logger: Logger(label: "listener") { _ in SwiftLogNoOpLogHandler() },
            handlers: MQTTHandlers(
                onMessage: { message in
                    messages.append(message)
                    return .take
                },
                onEvent: { if case .subscribed = $0 { isSubscribed.finish() } }
            )
        )
        client.subscribe(to: [MQTTSubscription(filter)])
        client.start()
        try await eventually("the listener is subscribed") { isSubscribed.isFinished }
    }

    /// What came on a topic, in order.
    func texts(_ topic: String) -> [String] {
        messages.all.filter { $0.topic == topic }.map { String(decoding: $0.payload, as: UTF8.self) }
    }

    /// How many messages came.
    var count: Int { messages.count }

    func publish(_ text: String, to topic: String) {
        client.publish(OutgoingMessage(topic: topic, payload: Array(text.utf8)))
    }

    func stop() async { await client.stop(deadline: .seconds(1)) }
}
