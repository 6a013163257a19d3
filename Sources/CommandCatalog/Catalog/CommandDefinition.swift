internal import JSON

/// A command as the catalog defines it, before its parameters are known.
struct CommandDefinition: Sendable, Equatable {
    /// What is run.
    enum Program: Sendable, Equatable {
        /// The predecessor's form: a line for the shell.
        case line(String)
        /// An argument vector with placeholders.
        case arguments([ArgumentTemplate])
    }

    let program: Program
    var description = ""
    var parameters: [ParameterDefinition] = []
    var settings = CommandSettings()

    /// What is executed, where the catalog says it in full; `nil`: the shell is, and finds the rest.
    var programPath: String? {
        switch program {
        case .line(let line): PlainLine(line)?.words.first
        case .arguments(let templates):
            if case .text(let path)? = templates.first?.parts.first { path } else { nil }
        }
    }

    /// How the command is started when a task brings these parameters; `nil`: the task has no such member.
    func invocation(with given: [Name: JSONValue]?) throws(CatalogError) -> Invocation {
        guard given == nil || !parameters.isEmpty else {
            throw .parameters("parameters: this command takes none")
        }
        let values = try values(of: given ?? [:])
        switch program {
        case .line(let line):
            return PlainLine(line).map { .plain(arguments: $0.words, line: line) } ?? .shell(line)
        case .arguments(let templates):
            var arguments: [String] = []
            for template in templates {
                if let argument = try template.filled(with: values) { arguments.append(argument) }
            }
            return .program(arguments)
        }
    }

    private func values(of given: [Name: JSONValue]) throws(CatalogError) -> [Name: ParameterValue] {
        if let unknown = given.keys.filter({ name in !parameters.contains { $0.name == name } }).min() {
            let known = parameters.map(\.name.text).joined(separator: ", ")
            throw .parameters("parameters: unknown \"\(unknown)\"; this command takes: \(known)")
        }
        var values: [Name: ParameterValue] = [:]
        for parameter in parameters { values[parameter.name] = try parameter.value(of: given[parameter.name]) }
        return values
    }

    /// What the catalog topic tells of it.
    var json: JSONObject {
        var object: JSONObject = [:]
        object["description"] = description.isEmpty ? nil : .string(description)
        if !parameters.isEmpty {
            object["parameters"] = .object(JSONObject(parameters.map { ($0.name.text, .object($0.json)) }))
        }
        return object
    }
}
