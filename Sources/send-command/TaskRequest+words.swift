import CommandCatalog
import JSON
import ProgramOptions
import TaskSending

extension TaskRequest {
    /// Reads what is behind the options.
    ///
    /// - Parameters:
    ///   - words: Service, command and parameters as `name=value`; none with `--cancel` and `--fetch`.
    ///   - options: The options that choose a verb.
    /// - Throws: What is none of these, and what was expected.
    init(_ words: [String], options: [VerbOption: String] = [:]) throws(UsageError) {
        let given = [VerbOption.check, .cancel, .fetch].filter { options[$0] != nil }
        guard given.count <= 1 else {
            throw UsageError("expected one of --\(given[0].rawValue) and --\(given[1].rawValue), found both")
        }
        if let option = [VerbOption.stream, .offset, .length].first(where: { options[$0] != nil }), given != [.fetch] {
            throw UsageError("--\(option.rawValue) belongs to --fetch")
        }
        if let id = options[.cancel] ?? options[.fetch], !words.isEmpty {
            throw UsageError("--\(given[0].rawValue) \(id) needs no service and command, found \(words.count) words")
        }
        let wanted = try options[.length].map { text throws(UsageError) in
            try Self.number(text, .length, atLeast: 1)
        }
        if let id = options[.cancel] {
            self.init(.cancel(try Self.id(id, .cancel)))
        } else if let id = options[.fetch] {
            self.init(.fetch(try Self.output(of: try Self.id(id, .fetch), options, wanted)), wanted: wanted)
        } else {
            guard words.count >= 2 else {
                let found = words.isEmpty ? "neither" : "only one name"
                throw UsageError("expected a service and a command, found \(found)")
            }
            let request = try Self.request(words[0], words[1], Array(words.dropFirst(2)))
            self.init(options[.check] == nil ? .command(request) : .check(request))
        }
    }

    private static func output(
        of id: TaskID, _ options: [VerbOption: String], _ wanted: Int64?
    ) throws(UsageError) -> OutputRequest {
        let word = options[.stream] ?? "stdout"
        guard let stream = OutputStream(rawValue: word) else {
            throw UsageError("--stream: expected stdout or stderr, found \(word.debugDescription)")
        }
        let offset = try options[.offset].map { text throws(UsageError) in try number(text, .offset, atLeast: 0) }
        return OutputRequest(
            taskID: id, stream: stream, offset: offset ?? 0,
            length: min(wanted ?? OutputRequest.usualLength, OutputRequest.usualLength))
    }

    private static func request(
        _ service: String, _ command: String, _ assignments: [String]
    ) throws(UsageError) -> CommandRequest {
        let service = try name(service, of: "the service")
        let command = try name(command, of: "the command")
        var parameters: [Name: JSONValue] = [:]
        for assignment in assignments {
            guard let mark = assignment.firstIndex(of: "=") else {
                throw UsageError("expected a parameter as name=value, found \(assignment.debugDescription)")
            }
            let name = try Self.name(String(assignment[..<mark]), of: "a parameter")
            let value = JSONValue.string(String(assignment[assignment.index(after: mark)...]))
            guard parameters.updateValue(value, forKey: name) == nil else {
                throw UsageError("the parameter \(name.text.debugDescription) is given twice")
            }
        }
        // An agent refuses parameters for a command that declares none.
        return CommandRequest(service: service, command: command, parameters: parameters.isEmpty ? nil : parameters)
    }

    private static func name(_ text: String, of what: String) throws(UsageError) -> Name {
        guard let name = Name(text) else {
            throw UsageError("expected 1 to 255 bytes without control characters as the name of \(what)")
        }
        return name
    }

    private static func id(_ text: String, _ option: VerbOption) throws(UsageError) -> TaskID {
        guard let id = TaskID(typed: text) else {
            throw UsageError(
                "--\(option.rawValue): expected a task's id (1 to 128 bytes), found \(text.debugDescription)")
        }
        return id
    }

    private static func number(
        _ text: String, _ option: VerbOption, atLeast least: Int64
    ) throws(UsageError) -> Int64 {
        guard let number = Int64(text), number >= least else {
            throw UsageError(
                "--\(option.rawValue): expected a number of bytes from \(least) on, found \(text.debugDescription)")
        }
        return number
    }
}
