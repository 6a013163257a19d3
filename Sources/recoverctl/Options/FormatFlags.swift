import ArgumentParser

/// How things are printed.
struct FormatFlags: ParsableArguments {
    @Flag(help: "Print one JSON document.")
    var json = false
    @Flag(help: "Print one JSON object a line.")
    var jsonl = false

    /// The choice.
    var format: Format { json ? .json : jsonl ? .jsonl : .table }

    func validate() throws {
        if json && jsonl { throw ValidationError("expected one of --json and --jsonl, found both") }
    }
}

/// How things are printed.
enum Format: Sendable {
    /// For a person, and the same for a pipe.
    case table
    case json
    case jsonl
}
