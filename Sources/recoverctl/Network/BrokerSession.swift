import Logging
import MQTT
import ProgramOptions

/// A connection to the broker for as long as one question takes; blocks its thread, which is the program's own.
final class BrokerSession {
    /// What happens.
    enum Event: Sendable {
        case connection(MQTTEvent)
        case message(ReceivedMessage)
        /// What became of a message of ours, by its number.
        case published(Int, PublishOutcome)
    }

    /// When all of it must be over.
    let deadline: ContinuousClock.Instant
    private let settings: BrokerSettings
    private let queue: EventQueue<Event>
    private var client: MQTTClient?
    private var published = 0

    /// The largest result: 1 MiB of output, of which JSON writes every byte as up to six, and room for the rest.
    private static let largestMessage = 8 << 20
    /// A broker that does not even take a goodbye of two bytes is not worth a longer wait.
    private static let patience = Duration.seconds(2)

    /// Connects and subscribes.
    ///
    /// - Throws: The broker cannot be reached, or lets us not in or not hear.
    init(_ settings: BrokerSettings, hearing subscriptions: [MQTTSubscription]) throws(Failure) {
        self.settings = settings
        deadline = .now + settings.timeout
        let queue = EventQueue<Event>()
        self.queue = queue
        var options = MQTTOptions(address: settings.access.address, clientID: Self.newClientID())
        options.username = settings.access.user
        options.password = settings.access.password
        options.tls = settings.access.tls
        options.isCleanSession = true
        options.sessionExpiry = .zero
        options.maximumPacketSize = Self.largestMessage
        options.isSingleAttempt = true
        let handlers = MQTTHandlers(
            onMessage: { message in
                queue.post(.message(message))
                return .take
            },
            onEvent: { queue.post(.connection($0)) }
        )
        let client = MQTTClient(
            options, logger: Logger(label: "recoverctl") { _ in SwiftLogNoOpLogHandler() }, handlers: handlers)
        self.client = client
        client.subscribe(to: subscriptions)
        client.start()
        early = try awaitSubscriptions(subscriptions.count)
    }

    /// Messages that came before the last subscription was granted.
    private var early: [Event] = []

    /// Hears more.
    ///
    /// - Parameters:
    ///   - subscriptions: What is new.
    ///   - old: What was subscribed to before, and still is.
    /// - Throws: The broker is gone, or does not let us hear.
    func hear(_ subscriptions: [MQTTSubscription], beside old: [MQTTSubscription]) throws(Failure) {
        client?.subscribe(to: old + subscriptions)
        early += try awaitSubscriptions(subscriptions.count)
    }

    /// Publishes a message; ``Event/published(_:_:)`` with the number tells what became of it.
    @discardableResult
    func publish(_ message: OutgoingMessage) -> Int {
        published += 1
        let (number, queue) = (published, queue)
        client?.publish(message) { queue.post(.published(number, $0)) }
        return number
    }

    /// The next events, or none when the time is over.
    ///
    /// - Throws: The connection is lost for good.
    func next(until limit: ContinuousClock.Instant? = nil) throws(Failure) -> [Event] {
        if !early.isEmpty {
            defer { early = [] }
            return early
        }
        let events = queue.next(until: min(limit ?? deadline, deadline))
        for case .connection(let event) in events { try check(event) }
        return events
    }

    /// Whether there is no time left.
    var isOver: Bool { .now >= deadline }

    /// How many messages found no room here.
    var dropped: Int { queue.dropped }

    /// Says goodbye; nothing comes afterwards.
    ///
    /// Not `MQTTClient.stop`, which is asynchronous: letting the client go makes it leave in order.
    func leave() {
        guard client != nil else { return }
        client = nil
        let deadline = ContinuousClock.now + Self.patience
        while case let events = queue.next(until: deadline), !events.isEmpty {
            for case .connection(.disconnected) in events { return }
        }
    }

    private func awaitSubscriptions(_ count: Int) throws(Failure) -> [Event] {
        var (granted, early, isConnected): (Int, [Event], Bool) = (0, [], false)
        while granted < count {
            let events = queue.next(until: deadline)
            guard !events.isEmpty else {
                let what = isConnected ? "did not answer the subscription" : "did not answer"
                throw Failure(.noBroker, "\(settings.access.address) \(what) within \(settings.timeout.text)")
            }
            for event in events {
                switch event {
                case .connection(.connected): isConnected = true
                case .connection(.subscribed): granted += 1
                case .connection(let event): try check(event)
                case .message, .published: early.append(event)
                }
            }
        }
        return early
    }

    private func check(_ event: MQTTEvent) throws(Failure) {
        switch event {
        case .connectFailed(let error, nil) where error.code == .notAuthorized:
            throw Failure(.refused, "the broker does not let us in: \(error)")
        case .connectFailed(let error, nil): throw Failure(.noBroker, "the broker cannot be reached: \(error)")
        case .subscriptionRefused(let subscription, let reason):
            throw Failure(.refused, "the broker does not let us hear \(subscription.filter): \(reason)")
        default: break
        }
    }

    /// 22 letters and digits, of which every broker must take 23 (MQTT 3.1.1, section 3.1.3.1).
    private static func newClientID() -> String {
        let number = String(UInt64.random(in: 0..<1 << 48), radix: 16)
        return "recoverctl" + String(repeating: "0", count: 12 - number.count) + number
    }
}

extension Duration {
    /// `10 s`.
    var text: String {
        let milliseconds = milliseconds
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }
}
