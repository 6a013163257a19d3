import CommandCatalog
import Logging
import MQTT
import PluginKit
import Synchronization

/// Brings messages of the broker to the instances that asked for their topics; works on the MQTT thread.
final class MessageRouter: Sendable {
    /// What was not handed to anybody, since the start.
    struct Counters: Sendable, Equatable {
        /// On topics that nobody asked for.
        var ignored = 0
        /// Retained ones on topics of tasks: an old task must not run again because somebody subscribed.
        var retained = 0
    }

    private struct Routes {
        var admissions: [(filter: TopicFilter, plugin: any MessageAdmission)] = []
        var handlers: [(filter: TopicFilter, instance: PluginInstance)] = []
        var counters = Counters()
        var topicsTold: Set<String> = []
    }

    /// Topics about which a retained message is told once each; beyond that they are only counted.
    private static let toldTopics = 64

    private let routes = Mutex(Routes())
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    var counters: Counters { routes.withLock(\.counters) }

    /// Routes messages to these instances from now on.
    ///
    /// - Returns: What must be subscribed to for it.
    func connect(_ instances: [PluginInstance]) -> [MQTTSubscription] {
        let admissions = instances.compactMap(\.roles.admission).flatMap { plugin in
            plugin.admittedTopics.map { (filter: $0, plugin: plugin) }
        }
        let handlers = instances.flatMap { instance in
            (instance.roles.messageHandler?.topics ?? []).map { (filter: $0, instance: instance) }
        }
        routes.withLock { routes in
            routes.admissions = admissions
            routes.handlers = handlers
        }
        let filters = admissions.map(\.filter) + handlers.map(\.filter)
        return Set(filters.map(\.description)).sorted().map { MQTTSubscription($0, qos: .atLeastOnce) }
    }

    /// Hands a message on.
    func route(_ message: ReceivedMessage) -> MessageVerdict {
        let (admissions, handlers) = routes.withLock { ($0.admissions, $0.handlers) }
        let content = MQTTMessage(message)
        var isWanted = false
        var verdict = MessageVerdict.take
        for (filter, plugin) in admissions where filter.matches(message.topic) {
            isWanted = true
            if message.isRetained {
                dropRetained(message.topic)
                break
            }
            if plugin.admit(content) == .left { verdict = .leave }
        }
        // A message that comes again would come to the handlers twice.
        guard verdict == .take else { return verdict }
        var served: [InstanceKey] = []
        for (filter, instance) in handlers where filter.matches(message.topic) && !served.contains(instance.key) {
            served.append(instance.key)
            instance.deliver(.message(content))
        }
        if !isWanted, served.isEmpty { routes.withLock { $0.counters.ignored += 1 } }
        return verdict
    }

    private func dropRetained(_ topic: String) {
        let isNews = routes.withLock { routes in
            routes.counters.retained += 1
            return routes.topicsTold.count < Self.toldTopics && routes.topicsTold.insert(topic).inserted
        }
        guard isNews else { return }
        logger.warning(
            "a retained message is not a task; it is dropped, and so are all that follow on this topic",
            metadata: ["mqtt.topic": "\(topic)"]
        )
    }
}

extension MQTTMessage {
    init(_ message: ReceivedMessage) {
        self.init(
            topic: message.topic, payload: message.payload,
            quality: QualityOfService(rawValue: message.qos.rawValue) ?? .atLeastOnce, isRetained: message.isRetained
        )
    }
}
