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
/// ``admit(_:)`` is called synchronously on the MQTT thread: it must not wait for anything but its own disk.
public protocol MessageAdmission: Plugin {
    /// The topics whose messages are admitted here, subscribed at QoS 1.
    var admittedTopics: [TopicFilter] { get }

    /// Decides about one message; retained ones never come here.
    func admit(_ message: MQTTMessage) -> Admission
}

/// What becomes of a message.
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

/// Takes a new configuration while it runs; a plugin without this role is made anew instead.
public protocol Reconfigurable: Plugin {
    /// Goes over to a new configuration at once.
    func reconfigure(_ configuration: Configuration)
}
