import Glibc

/// Where log lines go.
enum LogDevice: Sendable, Equatable {
    case standardOutput
    case standardError
    /// Standard error, which systemd hands to the journal; each line begins with its priority.
    case journal
    case syslog

    /// Where they go when the operator says nothing: the journal under systemd, else standard error.
    static var standard: LogDevice {
        getenv("JOURNAL_STREAM") == nil ? .standardError : .journal
    }
}
