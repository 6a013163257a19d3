import CommandCatalog
import Logging
import MQTT
import PluginKit
import Synchronization

/// The agent's connections, one to each broker, kept apart: what happens to one is nothing to the others.
final class Brokers: MQTTPublisher {
    private struct State {
        var links: [BrokerLink] = []
        var options: [String: MQTTOptions] = [:]
        /// Those that are not configured any more and say goodbye.
        var leaving: [BrokerLink] = []
        /// What those counted that are gone, so that no sum ever falls.
        var gone = MQTTStatistics()
        var subscriptions: [MQTTSubscription] = []
        var announcements: [TopicName: [UInt8]] = [:]
        var isStarted = false
        var isStopped = false
    }

    /// Announced topics that are told to a new broker; a client keeps as many.
    private static let mostAnnouncements = 64

    private let router: MessageRouter
    private let pulses: PulseBoard
    private let logger: Logger
    private let state = Mutex(State())

    /// Connections that nothing happens on before ``start()``.
    init(_ options: [MQTTOptions], router: MessageRouter, pulses: PulseBoard, logger: Logger) {
        self.router = router
        self.pulses = pulses
        self.logger = logger
        state.withLock { state in
            for options in options { add(options, &state) }
        }
    }

    /// Begins to connect.
    func start() {
        let links = state.withLock { state in
            state.isStarted = true
            return state.links
        }
        for link in links { link.client.start() }
    }

    /// Goes over to other brokers, or to other ways to connect to them; returns when those that are gone are left.
    ///
    /// - Parameters:
    ///   - options: All brokers from now on.
    ///   - farewell: The last message to those that are not among them.
    ///   - deadline: How long these have for what waits; what then remains goes through the others.
    func use(_ options: [MQTTOptions], farewell: OutgoingMessage?, deadline: Duration) async {
        let leaving = state.withLock { state in
            let leaving = state.links.filter { link in !options.contains { $0.address.name == link.name } }
            state.leaving += leaving
            state.links.removeAll { link in leaving.contains { $0 === link } }
            for link in leaving { state.options[link.name] = nil }
            for options in options { change(to: options, &state) }
            let names = options.map(\.address.name)
            state.links.sort { names.firstIndex(of: $0.name) ?? 0 < names.firstIndex(of: $1.name) ?? 0 }
            return leaving
        }
        // A session that nobody takes up any more must not gather tasks for the day on which it is taken up again.
        for link in leaving { link.client.subscribe(to: []) }
        await stop(leaving, farewell: farewell, deadline: deadline)
        state.withLock { state in
            state.leaving.removeAll { link in leaving.contains { $0 === link } }
            for link in leaving { state.gone = state.gone + link.client.statistics }
        }
    }

    /// Connects anew wherever TLS is used: the files of it are read at every connection.
    func renew() {
        let links = state.withLock { state in
            state.links.filter { state.options[$0.name]?.address.isTLS == true }
        }
        for link in links { link.client.renew() }
    }

    func reconnect() {
        for link in state.withLock(\.links) { link.client.renew() }
    }

    var connections: BrokerConnections {
        let links = state.withLock(\.links).map(\.client.statistics)
        return BrokerConnections(
            count: sum.connections, isConnected: links.contains { $0.isConnected })
    }

    /// Sends what waits, says goodbye everywhere at once, and ends the threads.
    func stop(farewell: OutgoingMessage?, deadline: Duration) async {
        let links = state.withLock { state in
            state.isStopped = true
            return state.links + state.leaving
        }
        await stop(links, farewell: farewell, deadline: deadline)
    }

    /// Sets what is subscribed to at every broker.
    func subscribe(to subscriptions: [MQTTSubscription]) {
        state.withLock { state in
            state.subscriptions = subscriptions
            for link in state.links { link.client.subscribe(to: subscriptions) }
        }
    }

    func announce(_ topic: TopicName, _ payload: [UInt8]) {
        state.withLock { state in
            let isKnown = state.announcements[topic] != nil
            // An empty payload clears the topic, and nothing of it is left to tell a new broker.
            if payload.isEmpty {
                state.announcements[topic] = nil
            } else if isKnown || state.announcements.count < Self.mostAnnouncements {
                state.announcements[topic] = payload
            }
            for link in state.links { link.client.announce(topic: topic.description, payload: payload) }
        }
    }

    func publish(_ message: MQTTMessage, completion: (@Sendable (Bool) -> Void)?) {
        let links = state.withLock { state in
            let named = state.links.filter { $0.name == message.broker }
            return named.isEmpty ? state.links : named
        }
        Sending(OutgoingMessage(message), others: { [self] in untried($0) }, completion: completion)
            .send(through: links)
    }

    /// What each has counted and how it is, in the order of the configuration.
    var statistics: [(name: String, statistics: MQTTStatistics)] {
        state.withLock(\.links).map { ($0.name, $0.client.statistics) }
    }

    /// What all have counted together, those that are gone included.
    var sum: MQTTStatistics {
        let (links, gone) = state.withLock { ($0.links + $0.leaving, $0.gone) }
        return links.reduce(gone) { $0 + $1.client.statistics }
    }

    private func untried(_ tried: Set<String>) -> [BrokerLink] {
        state.withLock { state in state.isStopped ? [] : state.links.filter { !tried.contains($0.name) } }
    }

    private func change(to options: MQTTOptions, _ state: inout State) {
        let name = options.address.name
        guard let link = state.links.first(where: { $0.name == name }) else { return add(options, &state) }
        guard state.options[name] != options else { return }
        state.options[name] = options
        link.client.reconfigure(options)
    }

    private func add(_ options: MQTTOptions, _ state: inout State) {
        let pulse = pulses.pulse(of: "mqtt \(options.address.name)")
        let link = BrokerLink(options, router: router, pulse: pulse, logger: logger)
        link.client.subscribe(to: state.subscriptions)
        for (topic, payload) in state.announcements {
            link.client.announce(topic: topic.description, payload: payload)
        }
        state.links.append(link)
        state.options[link.name] = options
        if state.isStarted, !state.isStopped { link.client.start() }
    }

    private func stop(_ links: [BrokerLink], farewell: OutgoingMessage?, deadline: Duration) async {
        // Published rather than announced: the client sends what was published before it says goodbye.
        if let farewell { for link in links { link.client.publish(farewell) } }
        await withDiscardingTaskGroup { group in
            for link in links { group.addTask { await link.client.stop(deadline: deadline) } }
        }
    }
}

extension OutgoingMessage {
    init(_ message: MQTTMessage) {
        self.init(
            topic: message.topic, payload: message.payload,
            qos: MQTTQoS(rawValue: message.quality.rawValue) ?? .atLeastOnce, retain: message.isRetained
        )
    }
}
