public import CommandCatalog
public import JSON

/// Makes metrics, at every interval (collectd's read).
public protocol Reader: Plugin {
    /// The metrics of this moment. When it throws, the interval doubles up to a limit, until it succeeds again.
    func read() async throws -> [Metric]
}

/// Takes metrics of all plugins (collectd's write).
public protocol MetricHandler: Plugin {
    /// Handles metrics that were read or dispatched together.
    func handle(_ metrics: [Metric]) async throws
}

/// Takes notifications of all plugins.
public protocol NotificationHandler: Plugin {
    /// Handles one notification.
    func handle(_ notification: Notification) async throws
}

/// Takes messages of the topics that it names.
public protocol MessageHandler: Plugin {
    /// The topics; asked when the instance has been made, and after every ``Reconfigurable/reconfigure(_:)``.
    var topics: [TopicFilter] { get }

    /// Handles one message.
    func handle(_ message: MQTTMessage) async throws
}

/// Decides about messages before the broker gets its acknowledgement.
///
/// Both calls come synchronously on the MQTT thread of one broker: they must not wait for anything but their own disk.
/// Each broker has its own thread, so with several of them several threads call at the same time. On each thread
/// ``commit(from:)`` comes once after the calls of ``admit(_:)`` for the messages that came together, whatever these
/// answered, and before the first call for the next ones.
///
/// ```swift
/// func admit(_ message: MQTTMessage) -> Admission {
///     batches.withLock { $0[message.broker, default: []].append(message) }
///     return .taken
/// }
///
/// func commit(from broker: String) -> Admission {
///     store(batches.withLock { $0.removeValue(forKey: broker) ?? [] }) ? .taken : .left
/// }
/// ```
public protocol MessageAdmission: Plugin {
    /// The topics whose messages are admitted here, subscribed at QoS 1.
    var admittedTopics: [TopicFilter] { get }

    /// Decides about one message; retained ones never come here.
    ///
    /// Its ``MQTTMessage/broker`` is never `nil`.
    func admit(_ message: MQTTMessage) -> Admission

    /// Makes lasting what was admitted since the last call for this broker: only afterwards do the acknowledgements of
    /// these messages leave.
    ///
    /// - Parameter broker: The ``MQTTMessage/broker`` of the messages.
    /// - Returns: ``Admission/left`` leaves all of them: the connection is made anew, and the broker sends them again.
    func commit(from broker: String) -> Admission
}

extension MessageAdmission {
    /// For those who have nothing to commit.
    public func commit(from broker: String) -> Admission { .taken }
}

/// What becomes of messages.
public enum Admission: Sendable, Equatable {
    /// It was dealt with; the broker gets its acknowledgement.
    case taken
    /// It must come again; the broker keeps it and the connection is made anew.
    case left
}

/// Takes the results of tasks that ran on this host.
public protocol ResultHandler: Plugin {
    /// Handles one result.
    func handle(_ result: TaskResult) async throws
}

/// Adds members to the agent's status.
public protocol StatusReporter: Plugin {
    /// The members; called at least once a second, on a thread of the host.
    var status: JSONObject { get }
}

/// Names its metrics for Prometheus, where the general rule would say too little.
public protocol PrometheusNaming: Plugin {
    /// The names; they are for ever.
    static var prometheusNames: [PrometheusName] { get }
}

/// Takes a new configuration while it runs; a plugin without this role is made anew instead.
public protocol Reconfigurable: Plugin {
    /// Goes over to a new configuration at once.
    func reconfigure(_ configuration: Configuration)
}
