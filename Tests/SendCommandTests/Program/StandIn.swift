import JSON
import Logging
import MQTT
import TestSupport

/// Stands in for an agent: hears tasks on `cmd` and answers on `res` with exactly the bytes that a test wants.
final class StandIn: Sendable {
    /// The tasks that came.
    let tasks = Collected<JSONObject>()
    /// The same as they came.
    let payloads = Collected<[UInt8]>()
    private let resultTopic: String
    private let client: MQTTClient

    /// Starts it, and waits until it hears.
    ///
    /// - Parameters:
    ///   - port: The broker's.
    ///   - host: The host whose topics it takes; by default the two of the predecessor.
    ///   - answers: The payloads that follow a task.
    /// - Throws: It did not hear in time.
    convenience init(
        port: Int, host: String? = nil, answers: @escaping @Sendable (JSONObject) -> [[UInt8]]
    ) async throws {
        let topic = host.map { "recovery/\($0)/result" } ?? "res"
        try await self.init(port: port, host: host) { task, publish in
            for answer in answers(task) { publish(topic, answer) }
        }
    }

    /// Publishes something on a topic.
    typealias Publish = @Sendable (String, [UInt8]) -> Void

    /// Starts it, and lets it do what it wants with a task.
    init(
        port: Int, host: String? = nil, act: @escaping @Sendable (JSONObject, Publish) -> Void
    ) async throws {
        let heard = Collected<Bool>()
        let (tasks, payloads, sender) = (tasks, payloads, Sending())
        resultTopic = host.map { "recovery/\($0)/result" } ?? "res"
        var options = MQTTOptions(address: BrokerAddress(host: "127.0.0.1", port: port), clientID: "standin")
        // What comes while the broker restarts is kept for it, where the broker keeps anything.
        options.isCleanSession = false
        options.reconnect = Backoff.Limits(base: .milliseconds(20), cap: .milliseconds(100))
        client = MQTTClient(
            options, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            handlers: MQTTHandlers(
                onMessage: { message in
                    guard let task = try? JSONText(message.payload).value.object else { return .take }
                    tasks.append(task)
                    payloads.append(message.payload)
                    act(task) { sender.publish($1, on: $0) }
                    return .take
                },
                onEvent: { event in
                    if case .subscribed = event { heard.append(true) }
                }))
        sender.client.append(client)
        client.subscribe(to: [MQTTSubscription(host.map { "recovery/\($0)/command" } ?? "cmd", qos: .exactlyOnce)])
        client.start()
        try await eventually("the stand-in hears") { heard.count > 0 }
    }

    /// Answers every task with one result: `task_id` as it came, and these members.
    convenience init(port: Int, code: Int64 = 0, message: String = "hi") async throws {
        try await self.init(port: port) { task in [Self.result(task, code: code, message: message)] }
    }

    /// A result as an agent writes it.
    static func result(_ task: JSONObject, code: Int64 = 0, message: String = "hi") -> [UInt8] {
        let result: JSONValue = [
            "message": .string(message), "task_id": task["task_id"] ?? .null, "code": .integer(code),
            "timestamp": "2020-11-26T00:41:19Z",
        ]
        return result.bytes
    }

    /// Publishes where results are published, or where it is wanted.
    func publish(_ text: String, on topic: String? = nil, retain: Bool = false) async throws {
        let done = Collected<PublishOutcome>()
        let message = OutgoingMessage(topic: topic ?? resultTopic, payload: Array(text.utf8), retain: retain)
        client.publish(message) { done.append($0) }
        try await eventually("it is published") { done.count > 0 }
    }

    /// The client does not exist yet when its handlers are made.
    private final class Sending: Sendable {
        let client = Collected<MQTTClient>()

        func publish(_ payload: [UInt8], on topic: String) {
            client.all.first?.publish(OutgoingMessage(topic: topic, payload: payload, qos: .exactlyOnce))
        }
    }
}
