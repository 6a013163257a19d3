import CSystem
import Glibc

/// Who has started the agent and wants to know how it is, as sd_notify(3) has it; nobody, where it was not a service
/// manager.
struct ServiceManager: Sendable, Equatable {
    /// What it is told.
    enum News: Equatable {
        /// The configuration and the journal are read.
        case ready
        /// The configuration is being read again; ``ready`` follows.
        case reloading
        case stopping
        /// What a person sees in `systemctl status`.
        case status(String)
        /// All loops go on.
        case alive
        /// One does not: what the unit says of the watchdog is to happen now.
        case stuck
    }

    private let socket: String
    /// How long the agent may be silent; `nil`: as long as it likes.
    let patience: Duration?

    /// Reads from the environment who it is; `nil` where there is none.
    ///
    /// - Parameters:
    ///   - variable: The value of a variable.
    ///   - process: Our own process: a watchdog may be meant for another one.
    init?(
        variable: (String) -> String? = { name in getenv(name).map { String(cString: $0) } },
        process: pid_t = getpid()
    ) {
        guard let socket = variable("NOTIFY_SOCKET"), socket.hasPrefix("/") || socket.hasPrefix("@") else {
            return nil
        }
        self.socket = socket
        let isForUs = variable("WATCHDOG_PID").map { $0 == "\(process)" } ?? true
        let microseconds = variable("WATCHDOG_USEC").flatMap(Int64.init) ?? 0
        patience = isForUs && microseconds > 0 ? .microseconds(microseconds) : nil
    }

    /// Tells it; one that does not listen is nothing to us.
    func tell(_ news: News) {
        _ = csystem_notify(socket, news.text)
    }
}

extension ServiceManager.News {
    fileprivate var text: String {
        switch self {
        case .ready: "READY=1"
        case .reloading: "RELOADING=1"
        case .stopping: "STOPPING=1"
        // One line: a second would be another assignment.
        case .status(let text): "STATUS=\(text.replacing("\n", with: " "))"
        case .alive: "WATCHDOG=1"
        case .stuck: "WATCHDOG=trigger"
        }
    }
}
