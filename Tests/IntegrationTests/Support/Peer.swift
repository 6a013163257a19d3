import Logging
import MQTT
import TestSupport

/// A client with a certificate of its own, at a broker that looks at it.
final class Peer: Sendable {
    let client: MQTTClient
    private let messages = Collected<ReceivedMessage>()
    private let events = Collected<MQTTEvent>()

    /// Connects, subscribes and waits for nothing.
    ///
    /// - Parameters:
    ///   - name: Of its certificate.
    ///   - identifier: Of its session.
    ///   - port: Where the broker listens.
    ///   - authority: Who made its certificate.
    ///   - broker: Who vouches for the broker.
    ///   - filters: What it subscribes to.
    init(
        _ name: String, _ identifier: String, at port: Int, _ authority: TestAuthority, broker: TestAuthority,
        hearing filters: [String] = []
    ) {
        let (messages, events) = (messages, events)
        var options = MQTTOptions(
            address: BrokerAddress(host: "127.0.0.1", port: port, isTLS: true), clientID: identifier)
        options.tls = TLSOptions(
            caFile: broker.caFile, certificateFile: authority.certificate(name), keyFile: authority.key(name))
        options.isCleanSession = true
        options.reconnect = Backoff.Limits(base: .milliseconds(50), cap: .milliseconds(500))
        client = MQTTClient(
            options, logger: Logger(label: "peer") { _ in SwiftLogNoOpLogHandler() },
            handlers: MQTTHandlers(
                onMessage: { message in
                    messages.append(message)
                    return .take
                }, onEvent: { events.append($0) }))
        client.subscribe(to: filters.map { MQTTSubscription($0) })
        client.start()
    }

    /// Runs a test with it, and stops it afterwards.
    func run<Result>(_ body: (Peer) async throws -> Result) async throws -> Result {
        do {
            let result = try await body(self)
            await client.stop(deadline: .zero)
            return result
        } catch {
            await client.stop(deadline: .zero)
            throw error
        }
    }

    /// What came on topics that end so.
    func texts(_ ending: String) -> [String] {
        messages.all.filter { $0.topic.hasSuffix(ending) }.map { String(decoding: $0.payload, as: UTF8.self) }
    }

    /// How often it was connected, and how often that ended against its will.
    var connections: Int { events.all.count { if case .connected = $0 { true } else { false } } }
    var losses: Int { events.all.count { if case .disconnected(.some) = $0 { true } else { false } } }
    var failures: Int { events.all.count { if case .connectFailed = $0 { true } else { false } } }
    var grants: Int { events.all.count { if case .subscribed = $0 { true } else { false } } }

    /// Publishes, and waits until the broker answers or cuts the connection.
    ///
    /// - Returns: Whether it took the message.
    func publish(_ text: String, to topic: String, retain: Bool = false) async throws -> Bool {
        try await eventually("it is connected") { connections > 0 }
        let (outcome, before) = (Collected<PublishOutcome>(), losses)
        client.publish(OutgoingMessage(topic: topic, payload: Array(text.utf8), retain: retain)) { outcome.append($0) }
        try await eventually("an answer to \(topic)") { !outcome.all.isEmpty || losses > before }
        return outcome.all.first?.isSuccess ?? false
    }
}
