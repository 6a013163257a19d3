/// What the `code` of a result means; numbers keep their meaning for ever.
///
/// 0 to 255 is the exit status of the command (128+n: ended by signal n). The others say why there is no exit status.
public struct ResultCode: RawRepresentable, Sendable, Hashable {
    /// The number in the message.
    public let rawValue: Int

    /// A code of this number.
    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// The command ended with success.
    public static let success = ResultCode(rawValue: 0)
    /// The agent does not know how to do what the task asks.
    public static let notImplemented = ResultCode(rawValue: 0x1000)
    /// The configuration has no services, or cannot be read.
    public static let noServices = ResultCode(rawValue: 0x1001)
    /// The catalog has no such service.
    public static let unknownService = ResultCode(rawValue: 0x1002)
    /// The service has no such command.
    public static let unknownCommand = ResultCode(rawValue: 0x1003)
    /// The task is not of the documented form.
    public static let malformed = ResultCode(rawValue: 0x1004)
    /// The task came too late to start: past its `expires`, or outside the agent's time window.
    public static let expired = ResultCode(rawValue: 0x1005)
    /// Nobody whom the agent trusts vouches for the task.
    public static let notAuthentic = ResultCode(rawValue: 0x1006)
    /// The agent's policy does not let this sender ask for that.
    public static let denied = ResultCode(rawValue: 0x1007)
    /// The task is for another host.
    public static let wrongTarget = ResultCode(rawValue: 0x1008)
    /// A task with this id is queued or running, with other content.
    public static let duplicateTaskID = ResultCode(rawValue: 0x1100)
    /// Too many tasks wait already.
    public static let queueFull = ResultCode(rawValue: 0x1101)
    /// The command ran a short while ago and cools down; the same number as ``queueFull``, since both mean "too often".
    public static let coolingDown = ResultCode(rawValue: 0x1101)
    /// The agent's journal cannot be written; the task was not started, and may be sent again.
    public static let storageUnavailable = ResultCode(rawValue: 0x1102)
    /// The command's process could not be started.
    public static let couldNotStart = ResultCode(rawValue: 0x1103)
    /// The command ran longer than it may and was ended.
    public static let timedOut = ResultCode(rawValue: 0x1104)
    /// The agent stopped before the command ended.
    public static let interrupted = ResultCode(rawValue: 0x1105)
    /// A task to cancel it came; the message is what the command had printed.
    public static let cancelled = ResultCode(rawValue: 0x1106)
    /// The task that was to be cancelled had ended before.
    public static let alreadyFinished = ResultCode(rawValue: 0x1107)
    /// The agent knows no task of the id that was to be cancelled, or no output of it.
    public static let unknownTask = ResultCode(rawValue: 0x1108)

    // MARK: Replacing a configuration

    /// Another replacement of this configuration is under way.
    public static let replacing = ResultCode(rawValue: 0x2000)
    /// The new configuration cannot be written beside the old one.
    public static let configurationNotWritten = ResultCode(rawValue: 0x2001)
    /// The service's own check refuses the new configuration.
    public static let configurationBroken = ResultCode(rawValue: 0x2002)
    /// The service does not let itself be stopped.
    public static let serviceNotStopped = ResultCode(rawValue: 0x2003)
    /// The service was stopped and goes on running.
    public static let serviceStillRunning = ResultCode(rawValue: 0x2004)
    /// The old configuration cannot be kept.
    public static let configurationNotKept = ResultCode(rawValue: 0x2005)
    /// The new configuration cannot be put in the place of the old one.
    public static let configurationNotReplaced = ResultCode(rawValue: 0x2006)
    /// The service, or the host, did not do well with the new configuration; the old one is in force again.
    public static let configurationRolledBack = ResultCode(rawValue: 0x2007)
    /// The same, and the old one could not be put in force again either.
    public static let configurationNotRestored = ResultCode(rawValue: 0x2008)
    /// The service was started and has no process; not sent any more, since that is a reason to roll back.
    public static let serviceWithoutProcess = ResultCode(rawValue: 0x2009)
    /// The program that replaces configurations cannot be started.
    public static let replacerNotFound = ResultCode(rawValue: 0x200a)

    /// The exit status by which the program that replaces configurations says it: 0, or 100 and what is above 0x2000.
    public var replacerStatus: Int32 {
        isOfReplacement ? Int32(100 + rawValue - Self.replacing.rawValue) : rawValue == 0 ? 0 : 1
    }

    /// The code of such an exit status; other ones are themselves.
    public init(replacerStatus status: Int32) {
        let code = ResultCode(rawValue: Self.replacing.rawValue + Int(status) - 100)
        self = code.isOfReplacement ? code : ResultCode(rawValue: Int(status))
    }

    /// Whether it tells of the replacement of a configuration.
    public var isOfReplacement: Bool { (0x2000...0x200a).contains(rawValue) }

    /// Whether it is the exit status of a command that ended by itself.
    public var isExitStatus: Bool { (0...255).contains(rawValue) }
}

extension ResultCode: CustomStringConvertible {
    /// A stable word for the code, such as `unknown-command`; the number for an exit status or an unknown code.
    public var description: String {
        guard !isExitStatus, let reason = ResultReason(self) else { return "\(rawValue)" }
        return reason.rawValue
    }
}
