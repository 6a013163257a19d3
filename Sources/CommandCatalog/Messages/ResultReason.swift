/// A stable word for why a task ended as it did; a new meaning gets a new word.
public enum ResultReason: String, Sendable, CaseIterable {
    /// The command ended by itself.
    case exited
    /// A signal ended the command that was not the agent's.
    case signalled
    /// The agent does not know how to do what the task asks.
    case notImplemented = "not-implemented"
    /// The configuration has no services.
    case noServices = "no-services"
    /// The catalog has no such service.
    case unknownService = "unknown-service"
    /// The service has no such command.
    case unknownCommand = "unknown-command"
    /// The task is not of the documented form.
    case malformed
    /// The task came too late to start.
    case expired
    /// The agent cannot trust its own clock, and the task is bound to a time.
    case clockSuspect = "clock-suspect"
    /// The task's `auth` cannot be read, or its signature is not that of the task by that key.
    case notAuthentic = "not-authentic"
    /// The task is not signed, and must be.
    case unsigned
    /// The agent does not know the key that the task is signed with.
    case unknownKey = "unknown-key"
    /// The key is not valid yet, or not any more, or revoked.
    case keyNotValid = "key-not-valid"
    /// The agent's policy does not let this sender ask for that.
    case denied
    /// The task is for another host.
    case wrongTarget = "wrong-target"
    /// Another task with this id is queued or running.
    case duplicateTaskID = "duplicate-task-id"
    /// Too many tasks wait already.
    case queueFull = "queue-full"
    /// The command ran a short while ago.
    case coolingDown = "cooling-down"
    /// The sender, or all senders together for this service, ask more often than the operator allows.
    case tooOften = "too-often"
    /// The agent's journal cannot be written.
    case storageUnavailable = "storage-unavailable"
    /// The command's process could not be started.
    case couldNotStart = "could-not-start"
    /// The command ran longer than it may.
    case timedOut = "timed-out"
    /// The command was cut off, or nobody can know how it ended.
    case interrupted
    /// A task to cancel it came.
    case cancelled
    /// The task that was to be cancelled had ended before.
    case alreadyFinished = "already-finished"
    /// The agent knows no such task.
    case unknownTask = "unknown-task"
    /// Another replacement of this configuration is under way.
    case replacing
    /// The new configuration cannot be written.
    case configurationNotWritten = "configuration-not-written"
    /// The new configuration is broken.
    case configurationBroken = "configuration-broken"
    /// The service does not let itself be stopped.
    case serviceNotStopped = "service-not-stopped"
    /// The service was stopped and goes on running.
    case serviceStillRunning = "service-still-running"
    /// The old configuration cannot be kept.
    case configurationNotKept = "configuration-not-kept"
    /// The new configuration cannot be put in its place.
    case configurationNotReplaced = "configuration-not-replaced"
    /// The old configuration is in force again.
    case configurationRolledBack = "configuration-rolled-back"
    /// Neither the new nor the old configuration could be put in force.
    case configurationNotRestored = "configuration-not-restored"
    /// The service was started and has no process.
    case serviceWithoutProcess = "service-without-process"
    /// The program that replaces configurations cannot be started.
    case replacerNotFound = "replacer-not-found"

    /// The usual reason of a code; `nil` for a code that is none of ours.
    public init?(_ code: ResultCode) {
        if code.isExitStatus {
            self = .exited
        } else if let reason = Self.usual[code] {
            self = reason
        } else {
            return nil
        }
    }

    private static let usual: [ResultCode: ResultReason] = [
        .notImplemented: .notImplemented, .noServices: .noServices, .unknownService: .unknownService,
        .unknownCommand: .unknownCommand, .malformed: .malformed, .expired: .expired,
        .notAuthentic: .notAuthentic, .denied: .denied, .wrongTarget: .wrongTarget,
        .duplicateTaskID: .duplicateTaskID, .queueFull: .queueFull, .storageUnavailable: .storageUnavailable,
        .couldNotStart: .couldNotStart, .timedOut: .timedOut, .interrupted: .interrupted, .cancelled: .cancelled,
        .alreadyFinished: .alreadyFinished, .unknownTask: .unknownTask,
        .replacing: .replacing, .configurationNotWritten: .configurationNotWritten,
        .configurationBroken: .configurationBroken, .serviceNotStopped: .serviceNotStopped,
        .serviceStillRunning: .serviceStillRunning, .configurationNotKept: .configurationNotKept,
        .configurationNotReplaced: .configurationNotReplaced, .configurationRolledBack: .configurationRolledBack,
        .configurationNotRestored: .configurationNotRestored, .serviceWithoutProcess: .serviceWithoutProcess,
        .replacerNotFound: .replacerNotFound,
    ]
}
