import Logging

/// One line per event: the message, then what is known, as `key=value`.
struct AgentLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    private let log: AgentLog
    private var ownLevel: Logger.Level?

    init(log: AgentLog) {
        self.log = log
    }

    /// The level of the whole log, unless this logger was given one of its own.
    var logLevel: Logger.Level {
        get { ownLevel ?? log.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        log.write(event.level, text(of: event))
    }

    /// The line without what the device puts in front of it.
    func text(of event: LogEvent) -> String {
        let facts = metadata.merging(event.metadata ?? [:]) { $1 }
        let fields = facts.sorted { $0.key < $1.key }.map { key, value in
            " \(LogText.escaped(key))=\(LogText.field("\(value)"))"
        }
        return LogText.escaped(event.message.description) + fields.joined()
    }
}
