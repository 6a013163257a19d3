import CommandCatalog
import Logging
import MQTT
import PluginKit
import Synchronization

/// Knows which instances asked for which topics; serves the MQTT threads of all brokers.
final class MessageRouter: Sendable {
    /// What was not handed to anybody, since the start.
    struct Counters: Sendable, Equatable {
        /// On topics that nobody asked for.
        var ignored = 0
        /// Retained ones on topics of tasks: an old task must not run again because somebody subscribed.
        var retained = 0
    }

    /// An instance that admits messages.
    struct Door {
        let instance: PluginInstance
        let plugin: any MessageAdmission
    }

    private struct Routes {
        var admissions: [(filter: TopicFilter, door: Door)] = []
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
        let doors = instances.compactMap { instance in
            instance.roles.admission.map { Door(instance: instance, plugin: $0) }
        }
        let admissions = doors.flatMap { door in door.plugin.admittedTopics.map { (filter: $0, door: door) } }
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

    /// Asks those who admit the message's topic, and notes in the batch whom to ask and to serve at its end.
    func route(_ message: MQTTMessage, into batch: inout Intake.Batch) -> Admission {
        let (admissions, handlers) = routes.withLock { ($0.admissions, $0.handlers) }
        var isWanted = false
        for (filter, door) in admissions where filter.matches(message.topic) {
            isWanted = true
            if message.isRetained {
                dropRetained(message.topic)
                break
            }
            if !batch.doors.contains(where: { $0.instance === door.instance }) { batch.doors.append(door) }
            if door.plugin.admit(message) == .left { return .left }
        }
        var served: [InstanceKey] = []
        for (filter, instance) in handlers where filter.matches(message.topic) && !served.contains(instance.key) {
            served.append(instance.key)
            batch.deliveries.append((instance, message))
        }
        if !isWanted, served.isEmpty { routes.withLock { $0.counters.ignored += 1 } }
        return .taken
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
