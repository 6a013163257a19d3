import CommandCatalog
import ConfigurationReader
import MQTT

extension Report {
    /// The timeout as text.
    var seconds: String { "\(DurationText(timeout))" }

    /// About the command, or why it did not run.
    func explanation(_ answer: Answer) -> String? {
        let name = task.verb.title
        guard let code = answer.code else {
            return "the result has no code, so nobody knows whether \(name) succeeded"
        }
        if let status = answer.exitStatus {
            return format == .quiet || status == 0 ? nil : "\(name) ended with \(Self.words(status))"
        }
        let text = answer.isOutput || answer.message.isEmpty ? "" : ": \(answer.message)"
        switch Ending.answered(answer).outcome {
        case "not-started": return "\(name) could not be started (\(Self.words(code)))\(text)"
        case "timed-out": return "\(name) ran longer than it may on the host and was ended (\(Self.words(code)))"
        case "interrupted": return "the agent stopped before \(name) ended (\(Self.words(code)))"
        case "cancelled": return "\(name) was cancelled (\(Self.words(code)))"
        case "rolled-back":
            return "\(name) was replaced and put back (\(Self.words(code)))\(text)\n\(Self.inForce(code))"
        case "not-restored":
            return "\(name) was replaced, and could not be put back (\(Self.words(code)))\(text)\n\(Self.inForce(code))"
        case "refused" where code.isOfReplacement:
            return "\(name) was not replaced (\(Self.words(code)))\(text)\n\(Self.inForce(code))"
        case "refused": return "the agent refused \(name) (\(Self.words(code)))\(text)"
        default: return "the result has a code that is not known (\(Self.words(code)))"
        }
    }

    /// What is in force after a replacement that was not one.
    private static func inForce(_ code: ResultCode) -> String {
        code == .configurationNotRestored
            ? "Nobody knows what is in force now: look at the host." : "The old configuration is in force."
    }

    /// About a task to which no answer came.
    func explanation(_ trace: Ending.Trace) -> String {
        let cause =
            switch trace {
            case .acknowledged: "The command may have run, or still run."
            case .unacknowledged: "The broker did not acknowledge the task, which may have arrived or not."
            case .noSubscriber: "No agent was subscribed to \(topics.command)."
            }
        let place = topics.result.map { " and answers on \($0)" } ?? ""
        return """
            no answer within \(seconds). \(cause)\(unknown)
            Is an agent running that listens on \(topics.command)\(place)? --timeout waits longer.
            """
    }

    /// Until when the task may still start; what nobody knows is no failure.
    private var unknown: String {
        guard let expires = task.expires, task.verb.isCommand else { return "" }
        return "\nThe outcome is unknown; the task may still start until \(expires)."
    }

    /// About a broker that was not reached.
    func explanation(_ obstacle: Ending.Obstacle) -> String {
        switch obstacle {
        case .connection(let error) where error.code == .tls: "no safe connection to the broker: \(error)"
        case .connection(let error): "the broker could not be reached within \(seconds): \(error); nothing was sent"
        case .silence: "the broker could not be reached within \(seconds); nothing was sent"
        case .unansweredSubscription:
            "the broker did not answer the subscription within \(seconds); nothing was sent"
        case .unacknowledged:
            "the broker did not acknowledge the task within \(seconds); it may have arrived or not"
        }
    }

    /// About a broker that refused us.
    func explanation(_ denial: Ending.Denial) -> String {
        switch denial {
        case .connection(let error): "the broker refused us: \(error)"
        case .subscription(let reason):
            """
            the broker refused the subscription to \(topics.result.map { "\($0)" } ?? "the results") (\(reason)); \
            nothing was sent. Its access list must allow us to read that topic.
            """
        case .publication(let reason):
            """
            the broker refused the task (\(reason)). Its access list must allow us to write to \(topics.command).
            """
        }
    }

    /// `exit status 3`, `exit status 137 (128 + signal 9)`.
    private static func words(_ status: CInt) -> String {
        switch status {
        case 127: "exit status 127 (most shells: command not found)"
        case 129...192: "exit status \(status) (128 + signal \(status - 128))"
        default: "exit status \(status)"
        }
    }

    /// `0x1003 unknown-command`.
    private static func words(_ code: ResultCode) -> String {
        let sign = code.rawValue < 0 ? "-" : ""
        let number = "\(sign)0x" + String(code.rawValue.magnitude, radix: 16)
        return code.hasWord ? "\(number) \(code)" : number
    }
}
