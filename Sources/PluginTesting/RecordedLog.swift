public import Logging
internal import Synchronization

/// Keeps log lines.
public final class RecordedLog: Sendable {
    /// One line.
    public struct Line: Sendable {
        /// How bad it is.
        public let level: Logger.Level
        /// The message.
        public let message: String
        /// The facts beside it, those of the logger included.
        public let metadata: [String: String]
    }

    private let state = Mutex<[Line]>([])

    /// A log that has nothing yet.
    public init() {}

    /// All lines, in order.
    public var lines: [Line] { state.withLock { $0 } }

    /// A logger that writes here, at every level.
    public func logger(_ label: String = "bench") -> Logger {
        Logger(label: label) { _ in RecordingHandler(log: self) }
    }

    fileprivate func note(_ line: Line) {
        state.withLock { $0.append(line) }
    }
}

private struct RecordingHandler: LogHandler {
    let log: RecordedLog
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel = Logger.Level.trace

    init(log: RecordedLog) {
        self.log = log
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let facts = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
        log.note(RecordedLog.Line(level: event.level, message: event.message.description, metadata: facts))
    }
}
