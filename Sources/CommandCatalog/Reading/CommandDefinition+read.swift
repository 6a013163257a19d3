internal import ConfigurationReader
internal import JSON

extension CommandDefinition {
    /// The longest argument vector, in elements and in bytes; the kernel refuses a single argument over 128 KiB.
    private static let mostArguments = 512
    private static let mostArgumentBytes = 128 * 1024

    /// Reads a command: a line for the shell, or an object.
    ///
    /// - `program` (array of strings, needed): the argument vector; the first is an absolute path; `{name}` stands for a
    ///   parameter, `{{` for a brace.
    /// - `description` (string): for people.
    /// - `parameters` (object): see ``ParameterDefinition``.
    /// - the settings: see ``CommandSettings``.
    init?(_ name: String, in section: ConfigurationSection, defaults: CommandDefaults) {
        if section[name]?.string != nil {
            guard let line = section.value(name, .shellLine) else { return nil }
            program = .line(line)
            (settings.timeout, settings.backend) = (defaults.timeout, defaults.backend)
            return
        }
        guard section[name]?.object != nil, let command = section.section(name) else {
            let found = section[name]?.summary ?? "nothing"
            section.allow(name)
            section.mistake("expected a shell line or an object with \"program\", found \(found)", at: name)
            return nil
        }
        description = command.value("description", .text, default: "")
        parameters = ParameterDefinition.readAll(from: command)
        settings = CommandSettings(command, defaults: defaults)
        guard let arguments = Self.program(in: command, parameters: parameters) else { return nil }
        program = .arguments(arguments)
    }

    private static func program(
        in command: ConfigurationSection,
        parameters: [ParameterDefinition]
    ) -> [ArgumentTemplate]? {
        guard let elements = command.list("program", of: .argument) else {
            if command["program"] == nil {
                command.mistake("needs \"program\": an array such as [\"/bin/true\"]")
            }
            return nil
        }
        guard case .text(let path)? = elements.first?.parts.first, path.utf8.first == UInt8(ascii: "/") else {
            command.mistake("expected an absolute path as first element; there is no search in PATH", at: "program")
            return nil
        }
        if elements.first?.parameters.isEmpty == false {
            command.mistake(
                "the first element may have no parameter: a sender must not choose the program", at: "program")
        }
        checkSize(of: elements, in: command)
        check(elements, against: parameters, in: command)
        return elements
    }

    private static func checkSize(of elements: [ArgumentTemplate], in command: ConfigurationSection) {
        let bytes = command["program"]?.array?.reduce(0) { $0 + ($1.string?.utf8.count ?? 0) + 1 } ?? 0
        guard elements.count > mostArguments || bytes > mostArgumentBytes else { return }
        command.mistake(
            "expected at most \(mostArguments) elements and \(mostArgumentBytes) bytes, "
                + "found \(elements.count) and \(bytes)",
            at: "program"
        )
    }

    private static func check(
        _ elements: [ArgumentTemplate],
        against parameters: [ParameterDefinition],
        in command: ConfigurationSection
    ) {
        let used = elements.flatMap(\.parameters)
        let known = parameters.map(\.name)
        for name in used where !known.contains(name) {
            let nearest = NearestName(of: name.text, among: known.map(\.text)).nearest.map { "; did you mean {\($0)}?" }
            command.mistake("{\(name)}: no such parameter is declared\(nearest ?? "")", at: "program")
        }
        for name in known where !used.contains(name) {
            command.warning(
                "the parameter \(name) is declared but not used in \"program\"; proceeding", at: "parameters")
        }
    }
}

extension ConfigurationValue where Value == String {
    /// A line for `/bin/sh -c`.
    static var shellLine: Self {
        parsed("a shell line") { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
    }
}

extension ConfigurationValue where Value == ArgumentTemplate {
    /// An element of `program`.
    static var argument: Self {
        Self("a string") { (json) throws(ConfigurationValueError) in
            guard let text = json.string else { throw .unexpected }
            do throws(TemplateError) {
                return try ArgumentTemplate(text)
            } catch {
                throw .because(error.message)
            }
        }
    }
}
