import ConfigurationReader
import Glibc
import Logging

/// What is logged, and where to.
struct LogSettings: Sendable, Equatable {
    let level: Logger.Level
    let device: LogDevice

    init(level: Logger.Level, device: LogDevice) {
        self.level = level
        self.device = device
    }

    /// - `LogLevel`: `fatal`, `err` or `error`, `warn` or `warning`, `info`, `debug`; default `warn`.
    /// - `LogDevice`: `stdout` or `console`, `stderr`, `journal`, `syslog`; default the journal under systemd, else
    ///   standard error.
    init(_ section: ConfigurationSection) {
        level = Self.level(section)
        device = Self.device(section)
    }

    private static let levels: [String: Logger.Level] = [
        "fatal": .critical, "err": .error, "error": .error, "warn": .warning, "warning": .warning, "info": .info,
        "debug": .debug,
    ]

    private static func level(_ section: ConfigurationSection) -> Logger.Level {
        guard let word = section.value("LogLevel", .text) else { return .warning }
        if let level = levels[word] { return level }
        section.warning(
            "\(word.debugDescription) is none of fatal, err, error, warn, warning, info, debug; warn is used",
            at: "LogLevel"
        )
        return .warning
    }

    private static func device(_ section: ConfigurationSection) -> LogDevice {
        guard let word = section.value("LogDevice", .text) else { return .standard }
        switch word {
        case "stdout", "console": return .standardOutput
        case "stderr": return .standardError
        case "journal": return .journal
        case "syslog": return syslog(section)
        default:
            section.warning(
                "\(word.debugDescription) is none of stdout, console, stderr, journal, syslog; syslog is used",
                at: "LogDevice"
            )
            return syslog(section)
        }
    }

    private static func syslog(_ section: ConfigurationSection) -> LogDevice {
        if access("/dev/log", W_OK) == 0 { return .syslog }
        section.warning("there is no syslog here (/dev/log); standard error is used", at: "LogDevice")
        return .standardError
    }
}
