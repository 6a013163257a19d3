import CommandCatalog
import Glibc
import MQTT

extension Ending {
    /// A stable word for scripts, `outcome` in the JSON form.
    var outcome: String {
        switch self {
        case .answered(let answer): answer.outcome
        case .garbled: "garbled"
        case .sent: "sent"
        case .noAnswer: "no-answer"
        case .noBroker: "no-broker"
        case .denied: "denied"
        case .unsendable: "unsendable"
        case .stopped: "stopped"
        case .outputClosed: "output-closed"
        case .usage: "usage"
        }
    }

    /// What is known of the task, in one of three words: that it ended, that it was not taken, or nothing.
    ///
    /// Nothing is never a failure: the command may have run, and may have succeeded.
    var verdict: String {
        switch self {
        case .answered(let answer): answer.isRejection ? "rejected" : "finished"
        case .garbled: "finished"
        case .sent, .noAnswer, .noBroker(.unacknowledged), .stopped(_, wasSent: true), .outputClosed: "unknown"
        case .noBroker, .denied, .unsendable, .stopped(_, wasSent: false), .usage: "rejected"
        }
    }

    /// A stable word that says more, `reason` in the JSON form.
    var reason: String? {
        switch self {
        case .answered(let answer): answer.reason
        case .noAnswer(.noSubscriber): "no-subscriber"
        case .noAnswer(.unacknowledged), .noBroker(.unacknowledged): "not-acknowledged"
        case .noBroker(.connection(let error)), .denied(.connection(let error)), .unsendable(let error):
            error.code.rawValue
        case .noBroker(.silence), .noBroker(.unansweredSubscription): "timed-out"
        case .denied(.subscription): "subscription-refused"
        case .denied(.publication): "publication-refused"
        case .stopped(let signal, _): "signal-\(signal)"
        case .sent, .noAnswer(.acknowledged), .outputClosed, .usage, .garbled: nil
        }
    }

    /// What the program exits with: the status of the command where there is one.
    var exitCode: CInt {
        switch self {
        case .answered(let answer): answer.exitStatus ?? 125
        case .sent: 0
        case .noAnswer: 124
        case .stopped(let signal, _): 128 + signal
        case .noBroker, .denied, .unsendable, .outputClosed, .usage, .garbled: 125
        }
    }
}

extension Answer {
    /// The status with which the command exited; `nil` when it did not.
    var exitStatus: CInt? {
        code.flatMap { $0.isExitStatus ? CInt($0.rawValue) : nil }
    }

    /// Whether the message is what the command printed, and not the agent's own words.
    var isOutput: Bool {
        switch outcome {
        case "refused", "not-started", "rolled-back", "not-restored": false
        default: true
        }
    }

    /// Whether the agent did not run the command.
    fileprivate var isRejection: Bool {
        switch outcome {
        case "refused", "not-started": true
        default: false
        }
    }

    /// What the host has signed of a stream; `nil` where it has signed nothing of it.
    func signedOutput(of stream: OutputStream) -> TaskResult.Output? {
        guard isSigned, let detail else { return nil }
        if let output = stream == .stdout ? detail.stdout : detail.stderr { return output }
        // What was not run has printed nothing; a replacement may have run something all the same.
        let hasRun = !isRejection || code?.isOfReplacement == true
        return hasRun ? nil : TaskResult.Output(text: "", bytes: 0, kept: 0)
    }

    fileprivate var outcome: String {
        guard let code else { return "no-code" }
        if code.isExitStatus { return "finished" }
        switch code {
        case .couldNotStart: return "not-started"
        case .timedOut: return "timed-out"
        case .interrupted: return "interrupted"
        case .cancelled: return "cancelled"
        case .configurationRolledBack: return "rolled-back"
        case .configurationNotRestored: return "not-restored"
        default: return code.isRefusal ? "refused" : "unknown-code"
        }
    }

    /// The word of the code, where it has one.
    fileprivate var reason: String? {
        guard let code, !code.isExitStatus, code.hasWord else { return nil }
        return code.description
    }
}

extension ResultCode {
    /// Whether the agent refused the task before anything was done.
    fileprivate var isRefusal: Bool {
        switch self {
        case .notImplemented, .noServices, .unknownService, .unknownCommand, .malformed, .expired, .notAuthentic,
            .denied, .wrongTarget, .duplicateTaskID, .queueFull, .storageUnavailable, .alreadyFinished, .unknownTask:
            true
        default: isOfReplacement
        }
    }

    /// Whether it has a word of its own besides the number.
    var hasWord: Bool { description != "\(rawValue)" }
}
