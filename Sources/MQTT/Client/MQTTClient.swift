public import Logging
import Synchronization

/// A client of an MQTT broker that stays connected until it is stopped.
///
/// It has one thread of its own, named `mqtt`; every call of libmosquitto is made there, and so are the handlers. A lost
/// connection is made again, subscriptions and announcements are made at every connection, and messages of QoS 1 and 2
/// that the broker did not acknowledge are sent again.
///
/// ```swift
/// let client = MQTTClient(options, logger: logger, handlers: MQTTHandlers(onMessage: { message in
///     journal.admit(message) ? .take : .leave
/// }))
/// client.subscribe(to: [MQTTSubscription("recovery/web01/command")])
/// client.start()
/// client.publish(OutgoingMessage(topic: "recovery/web01/result", payload: answer)) { outcome in … }
/// await client.stop(deadline: .seconds(5))
/// ```
public final class MQTTClient: Sendable {
    private enum Life {
        case fresh
        case started(MQTTThread)
        case stopped
    }

    private let desk: Desk
    private let handlers: MQTTHandlers
    private let logger: Logger
    private let life = Mutex(Life.fresh)
    private let throttle = LogThrottle()

    /// Makes a client; nothing happens before ``start()``.
    ///
    /// - Parameters:
    ///   - options: How to connect.
    ///   - logger: For connects, losses and refusals.
    ///   - handlers: Called on the client's own thread.
    public init(_ options: MQTTOptions, logger: Logger, handlers: MQTTHandlers = MQTTHandlers()) {
        desk = Desk(options: options)
        self.handlers = handlers
        self.logger = logger
    }

    deinit {
        // The last resort: the thread ends by itself, and nobody waits for it.
        desk.stop(by: .now)
    }

    /// Begins to connect.
    ///
    /// A second call does nothing, and so does one after ``stop(deadline:)``.
    public func start() {
        life.withLock { life in
            guard case .fresh = life else { return }
            let (desk, handlers, logger) = (desk, handlers, logger)
            life = .started(MQTTThread { Supervisor(desk: desk, handlers: handlers, logger: logger).run() })
        }
    }

    /// Sends what waits, says goodbye and ends the thread.
    ///
    /// Afterwards nothing is called any more.
    ///
    /// - Parameter deadline: After so long it says goodbye whatever still waits. When the system's DNS hangs, the thread
    ///   is left behind two seconds later, and ends when DNS answers.
    public func stop(deadline: Duration) async {
        desk.stop(by: .now + deadline)
        let thread: MQTTThread? = life.withLock { life in
            defer { life = .stopped }
            guard case .started(let thread) = life else { return nil }
            return thread
        }
        await thread?.join(within: deadline + .seconds(2))
        // For a client that was never started, and for one whose thread had to be left behind.
        desk.close()
    }

    /// Connects anew with other options.
    ///
    /// The bounds of the outbox stay as they were.
    public func reconfigure(_ options: MQTTOptions) { desk.reconfigure(options) }

    /// Connects anew with the same options, so that renewed files of TLS are used; the session is kept, and what was not
    /// acknowledged is sent again.
    public func renew() { desk.reconfigure() }

    /// Sets what is subscribed to, now and at every connection; what is left out is unsubscribed from.
    public func subscribe(to subscriptions: [MQTTSubscription]) { desk.want(subscriptions) }

    /// Publishes, now or when there is a connection, after what was published before.
    ///
    /// - Parameters:
    ///   - message: What to publish.
    ///   - completion: Told once what became of it, on the client's thread; only ``PublishOutcome/dropped``, and what is
    ///     published after the end, is told on the caller's, before this returns.
    public func publish(
        _ message: OutgoingMessage, completion: (@Sendable (PublishOutcome) -> Void)? = nil
    ) {
        switch desk.post(Posted(message: message, completion: completion)) {
        case .accepted: break
        case .closed: completion?(.abandoned)
        case .full(let dropped):
            if throttle.permits() {
                logger.warning(
                    "The outbox is full; messages are dropped",
                    metadata: ["mqtt.topic": "\(message.topic)", "mqtt.dropped": "\(dropped)"]
                )
            }
            completion?(.dropped)
        }
    }

    /// Keeps a retained message true: it is published when it changes, and at every connection.
    ///
    /// Only the latest of a topic is kept, so it needs no room in the outbox; 64 topics at most.
    public func announce(topic: String, payload: [UInt8], qos: MQTTQoS = .atLeastOnce) {
        guard !desk.announce(OutgoingMessage(topic: topic, payload: payload, qos: qos, retain: true)) else { return }
        logger.error(
            "Too many announced topics; this one is not announced",
            metadata: ["mqtt.topic": "\(topic)", "mqtt.announcements": "\(Desk.maximumAnnouncements)"]
        )
    }

    /// Counters since the client was made, and its present state.
    public var statistics: MQTTStatistics { desk.statistics }
}
