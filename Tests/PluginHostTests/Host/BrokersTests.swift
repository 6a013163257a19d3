import JSON
import MQTT
import PluginKit
import TestSupport
import Testing

@testable import PluginHost

/// One host at several real brokers.
@Suite(.crowd, .serialized) struct BrokersTests {
    private static let gate = "\"Plugins\": {\"gate\": {}}"

    private func pair() async throws -> [BrokerFixture] { [try await BrokerFixture(), try await BrokerFixture()] }

    @Test func messageThroughEitherArrivesWithItsBroker() async throws {
        let brokers = try await pair()
        let bench = try await HostBench(Self.gate, ports: brokers.map(\.port))
        let gate = try #require(bench.plugin("gate", Gate.self))
        for (number, broker) in brokers.enumerated() {
            let listener = try await Listener(broker.port)
            listener.publish("\(number)", to: "gate")
            let name = HostBench.name(broker.port)
            try await eventually { gate.admitted.all.last == ["\(number)", name] }
            try await eventually { gate.commits.all.last == name }
            await listener.stop()
        }
        #expect(gate.admitted.count == 2)
        try await eventually { gate.handled.all == ["0", "1"] }
        try await bench.stop()
    }

    @Test func messageGoesThroughTheBrokerThatItNamesOrThroughAll() async throws {
        let brokers = try await pair()
        let bench = try await HostBench(Self.gate, ports: brokers.map(\.port))
        let listeners = [try await Listener(brokers[0].port), try await Listener(brokers[1].port)]
        let outcomes = [
            bench.publish("first", through: brokers[0].port), bench.publish("second", through: brokers[1].port),
            bench.publish("all"), bench.publish("gone", through: 1),
        ]
        try await eventually { listeners.allSatisfy { $0.texts("out").last == "gone" } }
        #expect(listeners[0].texts("out") == ["first", "all", "gone"])
        #expect(listeners[1].texts("out") == ["second", "all", "gone"])
        try await eventually { outcomes.allSatisfy { $0.count == 1 } }
        #expect(outcomes.flatMap(\.all) == [true, true, true, true])
        for listener in listeners { await listener.stop() }
        try await bench.stop()
    }

    @Test(arguments: [0, 1]) func eitherMayBeKilledAndTheOtherGoesOn(killed: Int) async throws {
        let brokers = try await pair()
        let (dead, alive) = (brokers[killed], brokers[1 - killed])
        let bench = try await HostBench(Self.gate, ports: brokers.map(\.port))
        let gate = try #require(bench.plugin("gate", Gate.self))
        let listener = try await Listener(alive.port)
        dead.kill()
        try await bench.connected([alive.port])
        try await reach(gate, by: listener, "during")
        let outcome = bench.publish("all")
        try await eventually { outcome.all == [true] }
        try await eventually { listener.texts("out") == ["all"] }
        let waiting = bench.publish("waiting", through: dead.port)
        try await dead.start()
        try await bench.connected(brokers.map(\.port))
        try await eventually("what waited for it has gone") { waiting.all == [true] }
        let back = try await Listener(dead.port)
        try await reach(gate, by: back, "afterwards")
        #expect(bench.host.brokers.sum.reconnects == 1)
        for listener in [listener, back] { await listener.stop() }
        try await bench.stop()
    }

    @Test func bothMayBeAwayForAWhile() async throws {
        let brokers = try await pair()
        let bench = try await HostBench(Self.gate, ports: brokers.map(\.port))
        let gate = try #require(bench.plugin("gate", Gate.self))
        for broker in brokers { broker.kill() }
        try await bench.connected([])
        let outcome = bench.publish("waiting")
        for broker in brokers { try await broker.start() }
        try await eventually { outcome.all == [true] }
        try await bench.connected(brokers.map(\.port))
        for broker in brokers {
            let listener = try await Listener(broker.port)
            try await reach(gate, by: listener, "\(broker.port)")
            await listener.stop()
        }
        try await bench.stop()
    }

    @Test func reloadAddsAndRemovesBrokersWithoutDisturbingTheOthers() async throws {
        let brokers = try await pair() + [BrokerFixture()]
        let listeners = [try await Listener(brokers[0].port), try await Listener(brokers[2].port)]
        let bench = try await HostBench(Self.gate, ports: brokers[...1].map(\.port))
        let gate = try #require(bench.plugin("gate", Gate.self))
        try await eventually { listeners[0].texts("recovery/web01/online") == ["1"] }
        let connections = bench.host.brokers.sum.connections
        try bench.write(Self.gate, ports: brokers[1...].map(\.port))
        bench.host.requestReload()
        try await bench.connected(brokers[1...].map(\.port))
        try await eventually { listeners[0].texts("recovery/web01/online") == ["1", "0"] }
        try await eventually { listeners[1].texts("recovery/web01/online") == ["1"] }
        try await eventually { brokers[0].log.contains("Received UNSUBSCRIBE from recoverd-agent-web01") }
        #expect(!brokers[1].log.contains("Received DISCONNECT from recoverd-agent-web01"))
        // The sum keeps what the one that is gone had counted.
        try await eventually { bench.host.brokers.sum.connections == connections + 1 }
        #expect(bench.host.brokers.sum.reconnects == 0)
        try await reach(gate, by: listeners[1], "new")
        for listener in listeners { await listener.stop() }
        try await bench.stop()
    }

    @Test func whatWaitsForABrokerThatIsRemovedGoesThroughTheOthers() async throws {
        let brokers = try await pair()
        let bench = try await HostBench(Self.gate, ports: brokers.map(\.port))
        let listener = try await Listener(brokers[1].port)
        brokers[0].kill()
        try await bench.connected([brokers[1].port])
        let outcome = bench.publish("late", through: brokers[0].port)
        #expect(outcome.count == 0)
        try bench.write(Self.gate, ports: [brokers[1].port])
        bench.host.requestReload()
        try await eventually { outcome.all == [true] }
        try await eventually { listener.texts("out") == ["late"] }
        await listener.stop()
        try await bench.stop()
    }

    @Test func statusAndMetricsTellThemApart() async throws {
        let brokers = try await pair()
        let names = brokers.map { HostBench.name($0.port) }
        let bench = try await HostBench(Self.gate, ports: brokers.map(\.port))
        func isConnected(_ name: String) -> Bool? {
            bench.host.status["mqtt"]?.object?["brokers"]?.object?[name]?.object?["connected"]?.bool
        }
        #expect(names.map(isConnected) == [true, true])
        bench.host.measure()
        for name in names {
            #expect(bench.host.dump.contains("recoverd-mqtt/derive-published-\(name) value="))
            #expect(bench.host.dump.contains("recoverd-mqtt/queue_length-\(name) value="))
        }
        #expect(bench.host.dump.contains("recoverd-mqtt/derive-published value="))
        brokers[1].kill()
        try await eventually { names.map(isConnected) == [true, false] }
        try await bench.stop()
    }

    @Test func aSingleBrokerHasNoMetricsOfItsOwn() async throws {
        let broker = try await BrokerFixture()
        let bench = try await HostBench(Self.gate, ports: [broker.port])
        bench.host.measure()
        #expect(bench.host.dump.contains("recoverd-mqtt/derive-published value="))
        #expect(!bench.host.dump.contains("recoverd-mqtt/derive-published-"))
        try await bench.stop()
    }

    /// Has a message come by this listener's broker, and waits until the plugin has it.
    private func reach(_ gate: Gate, by listener: Listener, _ text: String) async throws {
        listener.publish(text, to: "gate")
        try await eventually("\(text) arrived") { gate.admitted.all.contains { $0.first == text } }
    }
}
