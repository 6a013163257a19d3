import CommandCatalog
import JSON

extension Verb {
    /// What a person calls it.
    var title: String {
        switch self {
        case .command(let request): "\(request.service) \(request.command)"
        case .check(let request): "the check of \(request.service) \(request.command)"
        case .cancel(let id): "the cancellation of \(id)"
        case .fetch(let request): "the output of \(request.taskID)"
        }
    }
}

extension Verb {
    /// Whether a command is to be run; the other verbs run nothing that could be followed or cancelled.
    var isCommand: Bool {
        if case .command = self { true } else { false }
    }
}

extension TaskID {
    /// As `--cancel` and `--fetch` take it; a text of digits stands in quotes there.
    var argument: String {
        guard case .text(let text) = self, Int64(text) != nil || text.hasPrefix("\"") else { return "\(self)" }
        return "'\(json.text)'"
    }
}
