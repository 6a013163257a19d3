import Logging
import MQTT
import Synchronization
import TestSupport

/// A client under test with all that it told.
struct Harness: Sendable {
    let client: MQTTClient
    let messages = Collected<ReceivedMessage>()
    let events = Collected<MQTTEvent>()
    let outcomes = Collected<PublishOutcome>()

    init(
        _ options: MQTTOptions,
        onMessage: (@Sendable (ReceivedMessage) -> MessageVerdict)? = nil,
        onBatch: @escaping @Sendable () -> MessageVerdict = { .take }
    ) {
        let (messages, events) = (messages, events)
        let handlers = MQTTHandlers(
            onMessage: { message in
                messages.append(message)
                return onMessage?(message) ?? .take
            },
            onBatch: onBatch,
            onEvent: { events.append($0) }
        )
        client = MQTTClient(
            options, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, handlers: handlers)
    }

    /// Runs a test with a started client, and stops it afterwards, whatever happens.
    static func run(
        _ options: MQTTOptions,
        onMessage: (@Sendable (ReceivedMessage) -> MessageVerdict)? = nil,
        onBatch: @escaping @Sendable () -> MessageVerdict = { .take },
        _ body: (Harness) async throws -> Void
    ) async throws {
        let harness = Harness(options, onMessage: onMessage, onBatch: onBatch)
        harness.client.start()
        do {
            try await body(harness)
        } catch {
            await harness.client.stop(deadline: .zero)
            throw error
        }
        await harness.client.stop(deadline: .seconds(5))
    }

    func subscribe(_ filters: String..., qos: MQTTQoS = .atLeastOnce) async throws {
        let before = subscribedCount
        client.subscribe(to: filters.map { MQTTSubscription($0, qos: qos) })
        try await eventually("SUBACK") { subscribedCount >= before + filters.count }
    }

    func publish(_ topic: String, _ text: String, qos: MQTTQoS = .atLeastOnce, retain: Bool = false) {
        let outcomes = outcomes
        client.publish(OutgoingMessage(topic: topic, payload: Array(text.utf8), qos: qos, retain: retain)) {
            outcomes.append($0)
        }
    }

    func connected(times: Int = 1) async throws {
        try await eventually("\(times) connections") { connections.count >= times }
    }

    var texts: [String] { messages.all.map { String(decoding: $0.payload, as: UTF8.self) } }

    var connections: [MQTTVersion] {
        events.all.compactMap { if case .connected(_, let version) = $0 { version } else { nil } }
    }

    var failures: [MQTTError] {
        events.all.compactMap { if case .connectFailed(let error, _) = $0 { error } else { nil } }
    }

    private var subscribedCount: Int {
        events.all.count { if case .subscribed = $0 { true } else { false } }
    }
}

extension MQTTOptions {
    /// Fit for tests: short waits, an identifier of its own.
    static func test(_ port: Int, host: String = "127.0.0.1", isTLS: Bool = false) -> MQTTOptions {
        let address = BrokerAddress(host: host, port: port, isTLS: isTLS)
        var options = MQTTOptions(address: address, clientID: "test-\(UInt32.random(in: 0 ... .max))")
        options.reconnect = Backoff.Limits(base: .milliseconds(20), cap: .milliseconds(200))
        return options
    }
}
