import CommandCatalog
import ConfigurationReader
import MQTT
import PluginKit
import PluginTesting
import TestSupport
import Testing

@testable import PluginHost

/// The way of values and messages to instances.
@Suite(.timeLimit(.minutes(5))) struct RoutingTests {
    /// Admits what does not say "later".
    private final class Door: MessageAdmission {
        static let name = "door"

        struct Configuration: PluginConfiguration {
            init?(_ section: ConfigurationSection, host: HostIdentity) {}
        }

        let admitted = Collected<MQTTMessage>()
        let admittedTopics: [TopicFilter]

        init(configuration: Configuration, context: PluginContext) throws { admittedTopics = [] }
        init(_ topics: [TopicFilter]) { admittedTopics = topics }

        func admit(_ message: MQTTMessage) -> Admission {
            admitted.append(message)
            return message.payload == Array("later".utf8) ? .left : .taken
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
        let (first, second) = (try listener("a", "x/+", "x/#"), try listener("b", "y"))
        let wanted = router.connect([first, second])
        #expect(wanted.map(\.filter) == ["x/#", "x/+", "y"])
        #expect(wanted.allSatisfy { $0.qos == .atLeastOnce })
        #expect(router.route(ReceivedMessage(topic: "x/1", payload: [])) == .take)
        #expect(router.route(ReceivedMessage(topic: "z", payload: [])) == .take)
        #expect(first.mailbox.counters.waiting == 1)
        #expect(second.mailbox.counters.waiting == 0)
        #expect(router.counters == MessageRouter.Counters(ignored: 1, retained: 0))
    }

    @Test func admissionDecidesOverTheAcknowledgement() throws {
        let router = MessageRouter(logger: fixture.log.logger())
        let (instance, door) = try door("tasks")
        let listener = try listener("a", "tasks")
        _ = router.connect([instance, listener])
        #expect(router.route(ReceivedMessage(topic: "tasks", payload: Array("now".utf8))) == .take)
        #expect(router.route(ReceivedMessage(topic: "tasks", payload: Array("later".utf8))) == .leave)
        #expect(door.admitted.count == 2)
        // What comes again is not handed on yet.
        #expect(listener.mailbox.counters.waiting == 1)
    }

    @Test func retainedTasksAreDroppedCountedAndToldOnceATopic() throws {
        let router = MessageRouter(logger: fixture.log.logger())
        let (instance, door) = try door("tasks/+")
        _ = router.connect([instance])
        for topic in ["tasks/a", "tasks/a", "tasks/b"] {
            #expect(router.route(ReceivedMessage(topic: topic, payload: [], isRetained: true)) == .take)
        }
        #expect(door.admitted.count == 0)
        #expect(router.counters.retained == 3)
        #expect(fixture.log.lines.map { $0.metadata["mqtt.topic"] } == ["tasks/a", "tasks/b"])
    }

    @Test func retainedMessagesOfOtherTopicsAreHandedOn() throws {
        let router = MessageRouter(logger: fixture.log.logger())
        let instance = try listener("a", "online/+")
        _ = router.connect([instance])
        _ = router.route(ReceivedMessage(topic: "online/web02", payload: [49], isRetained: true))
        #expect(instance.mailbox.counters.waiting == 1)
    }
}
