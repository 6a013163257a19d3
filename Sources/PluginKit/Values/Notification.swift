public import CommandCatalog

/// Something that somebody should know, as collectd has it.
public struct Notification: Sendable, Equatable {
    /// How bad it is; the numbers are collectd's.
    public enum Severity: Int, Sendable {
        /// It does not work.
        case failure = 1
        /// It may soon not work.
        case warning = 2
        /// It works (again).
        case okay = 4
    }

    /// How bad it is.
    public let severity: Severity
    /// When it was noticed.
    public let time: Timestamp
    /// What a person reads.
    public let message: String
    /// What it is about; parts may be empty.
    public let identity: MetricIdentity
    /// Further facts by name.
    public let meta: [String: String]

    /// A notification.
    public init(
        severity: Severity,
        time: Timestamp,
        message: String,
        identity: MetricIdentity,
        meta: [String: String] = [:]
    ) {
        self.severity = severity
        self.time = time
        self.message = message
        self.identity = identity
        self.meta = meta
    }
}
