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

    /// Standard output before the task is sent.
    var opening: String {
        format == .person ? shown("Send command: \(task.json.text)\n") : ""
    }

    /// Standard output at the end.
    func output(_ ending: Ending) -> String {
        if ending == .outputClosed { return "" }
        if format == .json { return shown(Self.json(ending, taskID: task.taskID) + "\n") }
        guard case .answered(let answer) = ending, answer.isOutput, !answer.message.isEmpty else { return "" }
        return shown(answer.message.utf8.last == UInt8(ascii: "\n") ? answer.message : answer.message + "\n")
    }

    /// Standard error at the end; `nil` when all is said.
    func explanation(_ ending: Ending) -> String? {
        switch ending {
        case .answered(let answer): return explanation(answer)
        case .sent: return format == .quiet ? nil : "sent, and not waited for an answer: no --result-topic was given"
        case .noAnswer(let trace): return explanation(trace)
        case .noBroker(let obstacle): return explanation(obstacle)
        case .denied(let denial): return explanation(denial)
        case .unsendable(let error): return "the task cannot be sent: \(error)"
        case .stopped(let signal, let wasSent):
            let what = wasSent ? "the task was sent, and the command may still run" : "nothing was sent"
            return "stopped by signal \(signal); \(what)"
        case .outputClosed: return nil
        case .usage(let error): return error.description
        }
    }

    /// Standard error while the conversation goes on; `nil` when nothing is to be said.
    func text(_ note: Note) -> String? {
        if format == .quiet { return nil }
        switch note {
        case .connectFailed(let error):
            return "the broker cannot be reached yet, trying for up to \(seconds): \(error)"
        case .connectionLost(let error): return "the connection to the broker was lost, connecting again: \(error)"
        case .noSubscriber:
            let what = topics.result == nil ? "the task is lost" : "waiting all the same"
            return "no agent is subscribed to \(topics.command); \(what)"
        }
    }

    private func shown(_ text: String) -> String { isTerminal ? TerminalText.escaped(text) : text }
}
