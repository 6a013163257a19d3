import JSON
import Logging
import MQTT
import TestSupport

/// A sender that sees every result.
final class Sender: Sendable {
    private let client: MQTTClient
    private let messages = Collected<ReceivedMessage>()
    private let topic: String

    /// Connects and subscribes to the result topic.
    convenience init(
        _ broker: BrokerFixture, topic: String = "test-topic", results: String = "test-result-topic"
    ) async throws {
        try await self.init(port: broker.port, topic: topic, results: results)
    }

    /// The same with any broker of this machine.
    init(port: Int, topic: String = "test-topic", results: String = "test-result-topic") async throws {
        self.topic = topic
        let subscribed = Collected<MQTTEvent>()
        let messages = messages
        let handlers = MQTTHandlers(
            onMessage: { message in
                messages.append(message)
                return .take
            },
            onEvent: { event in if case .subscribed = event { subscribed.append(event) } }
        )
        let address = BrokerAddress(host: "127.0.0.1", port: port)
        var options = MQTTOptions(address: address, clientID: "sender-\(UInt64.random(in: 0 ... .max))")
        options.isCleanSession = true
        options.reconnect = Backoff.Limits(base: .milliseconds(50), cap: .milliseconds(500))
        client = MQTTClient(
            options, logger: Logger(label: "sender") { _ in SwiftLogNoOpLogHandler() }, handlers: handlers)
        client.subscribe(to: [MQTTSubscription(results)])
        client.start()
        try await eventually("the sender is subscribed") { subscribed.count > 0 }
    }

    /// Disconnects.
    func stop() async { await client.stop(deadline: .seconds(5)) }

    /// Runs a test with a sender, and disconnects it whatever happens.
    static func with(
        _ broker: BrokerFixture, topic: String = "test-topic", results: String = "test-result-topic",
        _ body: (Sender) async throws -> Void
    ) async throws {
        let sender = try await Sender(broker, topic: topic, results: results)
        do {
            try await body(sender)
        } catch {
            await sender.stop()
            throw error
        }
        await sender.stop()
    }

    /// Publishes a payload as it is.
    func publish(_ payload: [UInt8], to other: String? = nil, qos: MQTTQoS = .atLeastOnce, retain: Bool = false) {
        client.publish(OutgoingMessage(topic: other ?? topic, payload: payload, qos: qos, retain: retain))
    }

    /// Publishes a text as it is.
    func publish(_ text: String) { publish(Array(text.utf8)) }

    /// Publishes a task.
    func send(_ id: JSONValue, _ service: String, _ command: String, qos: MQTTQoS = .atLeastOnce) {
        let task: JSONValue = [
            "task_id": id, "timestamp": "2020-11-26T00:41:19Z", "service": .string(service),
            "command": .string(command),
        ]
        publish(task.bytes, qos: qos)
    }

    /// Publishes a task of these members; all but the id may be missing.
    func send(_ id: JSONValue, _ members: JSONObject) {
        publish(Self.task(id, members))
    }

    /// Publishes a task of these members and waits for its answer.
    func ask(_ id: JSONValue, _ members: JSONObject) async throws -> Answer {
        send(id, members)
        return try await answer(to: id)
    }

    /// The bytes of a task of these members.
    static func task(_ id: JSONValue, _ members: JSONObject) -> [UInt8] {
        JSONValue.object(JSONObject([("task_id", id)] + members.members.map { ($0.name, $0.value) })).bytes
    }

    /// Publishes a task and waits for its answer.
    func ask(_ id: JSONValue, _ service: String, _ command: String, qos: MQTTQoS = .atLeastOnce) async throws -> Answer
    {
        send(id, service, command, qos: qos)
        return try await answer(to: id)
    }

    /// Waits for the answer to a task.
    func answer(to id: JSONValue) async throws -> Answer {
        try await eventually("an answer to \(id)") { !answers(to: id).isEmpty }
        guard let answer = answers(to: id).first else { throw SystemFailure("the answer to \(id) is gone") }
        return answer
    }

    /// All answers to a task so far.
    func answers(to id: JSONValue) -> [Answer] { answers.filter { $0.members["task_id"] == id } }

    /// All results so far.
    var answers: [Answer] { messages.all.compactMap(Answer.init) }
}

/// One result as it came.
struct Answer: Sendable, Equatable {
    let members: JSONObject
    let payload: [UInt8]
    let isRetained: Bool

    init?(_ message: ReceivedMessage) {
        guard let object = (try? JSONText(message.payload, allowsNUL: true))?.value.object else { return nil }
        members = object
        payload = message.payload
        isRetained = message.isRetained
    }

    /// Anything but the four members that every answer has.
    subscript(name: String) -> JSONValue? { members[name] }
    /// The message, where it is JSON.
    var content: JSONObject? { message.flatMap { try? JSONText(Array($0.utf8)) }?.value.object }
    var code: Int64? { members["code"]?.integer }
    var message: String? { members["message"]?.string }
    var timestamp: String? { members["timestamp"]?.string }
    var names: [String] { members.members.map(\.name).sorted() }
}
