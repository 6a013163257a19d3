import CommandCatalog
import JSON
import ProgramOptions

/// What is printed about a conversation: standard output and standard error as texts.
struct Report {
    let format: Settings.Format
    let task: TaskMessage
    let topics: Settings.Topics
    let timeout: Duration
    /// Whether standard output is a terminal, where foreign text could do harm.
    var isTerminal = false
    /// Whether the detail is told on standard error.
    var showsDetail = false
    /// Whether the task is sent again until it is answered.
    var isRetrying = false

    /// Standard output before the task is sent.
    var opening: String {
        // What is fetched is for a file or a pipe.
        if case .fetch = task.verb { return "" }
        guard format == .person else { return "" }
        return shown("Send \(task.replacement == nil ? "command" : "config"): \(task.shownText)\n")
    }

    /// Standard output at the end.
    ///
    /// - Parameters:
    ///   - ending: How it ended.
    ///   - followed: The output that was shown before.
    /// - Returns: What is left to say.
    func output(_ ending: Ending, followed: FollowedOutput = FollowedOutput()) -> String {
        if ending == .outputClosed { return "" }
        if format == .json {
            return shown(Self.json(ending, taskID: task.taskID, expires: task.expires) + "\n")
        }
        guard followed.isEmpty else { return followed.hasOpenLine ? "\n" : "" }
        guard case .answered(let answer) = ending, answer.isOutput, !answer.message.isEmpty else { return "" }
        return shown(answer.message.utf8.last == UInt8(ascii: "\n") ? answer.message : answer.message + "\n")
    }

    /// Standard error at the end; `nil` when all is said.
    func explanation(_ ending: Ending) -> String? {
        switch ending {
        case .answered(let answer): return explanation(answer)
        case .garbled: return "the answer holds no output that can be read"
        case .sent: return format == .quiet ? nil : "sent, and not waited for an answer: no --result-topic was given"
        case .noAnswer(let trace): return explanation(trace)
        case .noBroker(let obstacle): return explanation(obstacle)
        case .denied(let denial): return explanation(denial)
        case .unsendable(let error): return "the task cannot be sent: \(error)"
        case .stopped(let signal, let wasSent):
            guard wasSent else { return "stopped by signal \(signal); nothing was sent" }
            return "stopped by signal \(signal); the task was sent, \(afterlife)"
        case .outputClosed: return nil
        case .usage(let error): return error.description
        }
    }

    /// What becomes of a task that nobody waits for any more.
    private var afterlife: String {
        guard task.verb.isCommand else { return "and may still be done" }
        return "and the command may still run. To cancel it: send-command … --cancel \(task.taskID.argument)"
    }

    /// A piece of output on its way to the screen.
    func shown(piece text: String) -> String { shown(text) }

    /// Standard error while the conversation goes on; `nil` when nothing is to be said.
    func text(_ note: Note) -> String? {
        if format == .quiet && !note.isUrgent { return nil }
        switch note {
        case .connectFailed(let error):
            return "the broker cannot be reached yet, trying for up to \(seconds): \(error)"
        case .connectionLost(let error): return "the connection to the broker was lost, connecting again: \(error)"
        case .noSubscriber:
            if isRetrying, topics.result != nil {
                return "the host is not registered: no agent is subscribed to \(topics.command); sending again"
            }
            let what = topics.result == nil ? "the task is lost" : "waiting all the same"
            return "no agent is subscribed to \(topics.command); \(what)"
        case .followingRefused(let reason):
            return "the broker does not let us follow the output (\(reason)); waiting for the answer"
        case .notTakenYet(let answer): return "the agent cannot take the task now, sending again: \(answer.message)"
        case .cancelling: return "asking the agent to end the command; once more to leave it alone"
        case .notCancelled(let answer): return "the agent did not end the command: \(answer.message)"
        case .hostKeyPinned(let host, let file): return "the key of \(host) is known from now on, in \(file)"
        case .hostKeyChanged(let host):
            return
                "WARNING: \(host) tells another key than the known one. Somebody may be answering in its name; its answers "
                + "are not believed. If it was made anew: recoverctl hosts trust --replace \(host)"
        case .hostKeyNotKept(let why): return "the host's key cannot be noted: \(why)"
        case .answerUnproved(let host): return "\(host) has told no key, so nothing proves that it has answered this"
        case .answerRefuted(let host):
            return "WARNING: an answer came that \(host) has not signed, or not for this task; it is ignored"
        case .missed(let bytes, let stream):
            let fetch = "send-command … --fetch \(task.taskID.argument) --stream \(stream.rawValue)"
            return "\(bytes) bytes of \(stream.rawValue) did not come; \(fetch) has all that the host kept"
        }
    }

    private func shown(_ text: String) -> String { isTerminal ? TerminalText.escaped(text) : text }
}
