import CommandCatalog
import Glibc
public import Logging
import Synchronization

/// The agent's log: one device and one level for all loggers, both of which can change while it runs.
public final class AgentLog: Sendable {
    private let settings: Mutex<LogSettings>

    /// A log of warnings and worse on the device that is used when nothing is configured.
    public init() {
        settings = Mutex(LogSettings(level: .warning, device: .standard))
    }

    /// A logger that writes here.
    public func logger(_ label: String) -> Logger {
        Logger(label: label) { _ in AgentLogHandler(log: self) }
    }

    var level: Logger.Level { settings.withLock(\.level) }

    func use(_ new: LogSettings) {
        if new.device == .syslog { Self.openSyslog() }
        settings.withLock { $0 = new }
    }

    /// Writes one line.
    func write(_ level: Logger.Level, _ text: String) {
        let device = settings.withLock(\.device)
        let line = device.line(level, text, at: .now)
        switch device {
        case .standardOutput: write(line, to: STDOUT_FILENO)
        case .standardError, .journal: write(line, to: STDERR_FILENO)
        case .syslog: Self.sendToSyslog(level.priority, line)
        }
    }

    /// Writes in one call, so that lines of different threads do not mix.
    ///
    /// A device that is gone takes no more lines; there is
    /// nobody left to tell.
    private func write(_ line: String, to descriptor: Int32) {
        var rest = Array(line.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func sendToSyslog(_ priority: Int32, _ text: String) {
        /// The facility "daemon" (RFC 5424, section 6.2.1), which is a macro in C.
        let daemon: Int32 = 3 << 3
        text.withCString { text in
            withVaList([text]) { vsyslog(priority | daemon, "%s", $0) }
        }
    }

    /// Tells the C library our name; it keeps the pointer, so the text must live for ever.
    private static func openSyslog() {
        let name: StaticString = "recoverd-agent"
        UnsafeRawPointer(name.utf8Start).withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) {
            openlog($0, LOG_PID | LOG_NDELAY, 0)
        }
    }
}

extension LogDevice {
    /// A line as the device wants it.
    func line(_ level: Logger.Level, _ text: String, at time: Timestamp) -> String {
        switch self {
        case .standardOutput, .standardError: "\(time) \(level.word) \(text)\n"
        case .journal: "<\(level.priority)>\(text)\n"
        case .syslog: text
        }
    }
}

extension Logger.Level {
    /// As it stands in a line.
    fileprivate var word: String { self == .critical ? "fatal" : rawValue }

    /// syslog's severity (RFC 5424, section 6.2.1), which the journal knows too.
    fileprivate var priority: Int32 {
        switch self {
        case .critical: 2
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug, .trace: 7
        }
    }
}
