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
        case .config: "the configuration of \(ReplaceRequest.usualService)"
        case .replace(let request): "the configuration of \(request.service)"
        }
    }
}

extension Verb {
    /// Whether something is to be run; the other verbs run nothing that could be followed or cancelled.
    var isCommand: Bool {
        switch self {
        case .command, .config, .replace: true
        case .check, .cancel, .fetch: false
        }
    }
}

extension TaskID {
    /// As `--cancel` and `--fetch` take it; a text of digits stands in quotes there.
    var argument: String {
        guard case .text(let text) = self, Int64(text) != nil || text.hasPrefix("\"") else { return "\(self)" }
        return "'\(json.text)'"
    }
}

extension TaskMessage {
    /// The task as it is shown: what stands in a configuration is nobody's business, and long.
    var shownText: String {
        guard let object = json.object, replacement != nil else { return json.text }
        var shown = object
        if let text = object["config"]?.string { shown["config"] = .string(Self.stand(for: text)) }
        if var replace = object["replace"]?.object {
            if let text = replace["text"]?.string { replace["text"] = .string(Self.stand(for: text)) }
            if let files = replace["files"]?.object {
                replace["files"] = .object(
                    JSONObject(
                        files.members.map { file in
                            (file.name, file.value.string.map { .string(Self.stand(for: $0)) } ?? .null)
                        }))
            }
            shown["replace"] = .object(replace)
        }
        return JSONValue.object(shown).text
    }

    private static func stand(for text: String) -> String { "(\(text.utf8.count) bytes)" }
}
