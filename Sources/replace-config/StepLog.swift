import Glibc

/// How important a line is; the words are the predecessor's.
enum LogLevel: Int {
    case error, warning, info, debug

    init?(_ word: String) {
        switch word {
        case "fatal", "err", "error": self = .error
        case "warn", "warning": self = .warning
        case "info": self = .info
        case "debug": self = .debug
        default: return nil
        }
    }
}

/// Where the program tells what it does.
struct StepLog {
    let isSyslog: Bool
    let level: LogLevel

    func write(_ level: LogLevel, _ text: String) {
        guard level.rawValue <= self.level.rawValue else { return }
        guard isSyslog else { return print(text) }
        openlog("replace-config", LOG_PID, LOG_DAEMON)
        withVaList([]) { list in
            // A line with a percent sign is no format.
            vsyslog(
                priority(level), text.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%"),
                list)
        }
    }

    private func priority(_ level: LogLevel) -> Int32 {
        switch level {
        case .error: LOG_ERR
        case .warning: LOG_WARNING
        case .info: LOG_INFO
        case .debug: LOG_DEBUG
        }
    }
}
