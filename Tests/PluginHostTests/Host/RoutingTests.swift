import CommandCatalog
import ConfigurationReader
import MQTT
import PluginKit
import PluginTesting
import Synchronization
import TestSupport
import Testing

@testable import PluginHost

/// The way of values and messages to instances.
@Suite(.crowd) struct RoutingTests {
    /// Admits what does not say "later".
    private final class Door: MessageAdmission {
        static let name = "door"

        struct Configuration: PluginConfiguration {
            init?(_ section: ConfigurationSection, host: HostIdentity) {}
        }

        let admitted = Collected<MQTTMessage>()
        let commits = Collected<String>()
        let admittedTopics: [TopicFilter]
        private let answers = Mutex(Admission.taken)

        /// What it answers to a commit.
        var answer: Admission {
            get { answers.withLock { $0 } }
            set { answers.withLock { $0 = newValue } }
        }

        init(configuration: Configuration, context: PluginContext) throws { admittedTopics = [] }
        init(_ topics: [TopicFilter]) { admittedTopics = topics }

        func admit(_ message: MQTTMessage) -> Admission {
            admitted.append(message)
            return message.payload == Array("later".utf8) ? .left : .taken
        }

        func commit(from broker: String) -> Admission {
            commits.append(broker)
            return answer
        }
    }

    private let fixture = Fixture()

    private func filter(_ text: String) throws -> TopicFilter { try #require(TopicFilter(text)) }

    private func listener(_ name: String, _ topics: String...) throws -> PluginInstance {
        var behaviour = Probe.Behaviour()
        behaviour.topics = try topics.map(filter)
        return try fixture.instance(name, does: behaviour)
    }

    private func door(_ topics: String...) throws -> (PluginInstance, Door) {
        let door = try Door(topics.map(filter))
        return (try PluginInstance(key: InstanceKey(plugin: "door"), context: fixture.context()) { _ in door }, door)
    }

    @Test func everyInstanceWithTheRoleGetsValuesItsOwnTooAndOthersDoNot() throws {
        let switchboard = Switchboard()
        let (other, _) = try door()
        let probes = [try fixture.instance("a"), try fixture.instance("b")]
        switchboard.connect(probes + [other])
        switchboard.dispatch([metric("load")])
        switchboard.dispatch(notification("n"))
        switchboard.dispatch(result("r"))
        #expect(probes.map(\.mailbox.counters.waiting) == [3, 3])
        #expect(other.mailbox.counters.waiting == 0)
        #expect(switchboard.latest.all().map(\.name) == ["probe/load"])
    }

    @Test func messagesGoToThoseWhoAskedOnceEach() throws {
        let router = MessageRouter(logger: fixture.log.logger())
        let intake = Intake(broker: "b:1883", router: router)
        let (first, second) = (try listener("a", "x/+", "x/#"), try listener("b", "y"))
        let wanted = router.connect([first, second])
        #expect(wanted.map(\.filter) == ["x/#", "x/+", "y"])
        #expect(wanted.allSatisfy { $0.qos == .atLeastOnce })
        #expect(intake.take(ReceivedMessage(topic: "x/1", payload: [])) == .take)
        #expect(intake.take(ReceivedMessage(topic: "z", payload: [])) == .take)
        #expect(first.mailbox.counters.waiting == 0)
        #expect(intake.commit() == .take)
        #expect(first.mailbox.counters.waiting == 1)
        #expect(second.mailbox.counters.waiting == 0)
        #expect(router.counters == MessageRouter.Counters(ignored: 1, retained: 0))
    }

    @Test func admissionDecidesOverTheAcknowledgement() throws {
        let router = MessageRouter(logger: fixture.log.logger())
        let intake = Intake(broker: "b:1883", router: router)
        let (instance, door) = try door("tasks")
        let listener = try listener("a", "tasks")
        _ = router.connect([instance, listener])
        #expect(intake.take(ReceivedMessage(topic: "tasks", payload: Array("now".utf8))) == .take)
        #expect(intake.commit() == .take)
        #expect(intake.take(ReceivedMessage(topic: "tasks", payload: Array("now".utf8))) == .take)
        #expect(intake.take(ReceivedMessage(topic: "tasks", payload: Array("later".utf8))) == .leave)
        #expect(intake.commit() == .leave)
        #expect(door.admitted.all.map(\.broker) == ["b:1883", "b:1883", "b:1883"])
        #expect(door.commits.all == ["b:1883", "b:1883"])
        // What comes again is not handed on yet.
        #expect(listener.mailbox.counters.waiting == 1)
    }

    @Test func commitIsAskedOfThoseWhoAdmittedForTheirBroker() throws {
        let router = MessageRouter(logger: fixture.log.logger())
        let intakes = ["a:1", "b:2"].map { Intake(broker: $0, router: router) }
        let (tasks, others) = (try door("tasks", "tasks/#"), try door("others"))
        _ = router.connect([tasks.0, others.0])
        for intake in intakes { _ = intake.take(ReceivedMessage(topic: "tasks", payload: [])) }
        _ = intakes[0].take(ReceivedMessage(topic: "tasks", payload: []))
        for intake in intakes.reversed() { #expect(intake.commit() == .take) }
        #expect(tasks.1.commits.all == ["b:2", "a:1"])
        #expect(others.1.commits.count == 0)
        // Nothing came in between.
        #expect(intakes[0].commit() == .take)
        #expect(tasks.1.commits.count == 2)
    }

    @Test func refusedCommitLeavesAllThatCameTogether() throws {
        let router = MessageRouter(logger: fixture.log.logger())
        let intake = Intake(broker: "b:1883", router: router)
        let (instance, door) = try door("tasks")
        let listener = try listener("a", "news")
        _ = router.connect([instance, listener])
        door.answer = .left
        for (topic, qos) in [("tasks", MQTTQoS.atLeastOnce), ("news", .atLeastOnce), ("news", .atMostOnce)] {
            #expect(intake.take(ReceivedMessage(topic: topic, payload: [], qos: qos)) == .take)
        }
        #expect(intake.commit() == .leave)
        // The one that never comes again is not lost.
        #expect(listener.mailbox.counters.waiting == 1)
        door.answer = .taken
        _ = intake.take(ReceivedMessage(topic: "news", payload: []))
        #expect(intake.commit() == .take)
        #expect(listener.mailbox.counters.waiting == 2)
    }

    @Test func retainedTasksAreDroppedCountedAndToldOnceATopic() throws {
        let router = MessageRouter(logger: fixture.log.logger())
        let intake = Intake(broker: "b:1883", router: router)
        let (instance, door) = try door("tasks/+")
        _ = router.connect([instance])
        for topic in ["tasks/a", "tasks/a", "tasks/b"] {
            #expect(intake.take(ReceivedMessage(topic: topic, payload: [], isRetained: true)) == .take)
        }
        #expect(door.admitted.count == 0)
        #expect(router.counters.retained == 3)
        #expect(fixture.log.lines.map { $0.metadata["mqtt.topic"] } == ["tasks/a", "tasks/b"])
    }

    @Test func retainedMessagesOfOtherTopicsAreHandedOn() throws {
        let router = MessageRouter(logger: fixture.log.logger())
        let intake = Intake(broker: "b:1883", router: router)
        let instance = try listener("a", "online/+")
        _ = router.connect([instance])
        _ = intake.take(ReceivedMessage(topic: "online/web02", payload: [49], isRetained: true))
        _ = intake.commit()
        #expect(instance.mailbox.counters.waiting == 1)
    }
}
