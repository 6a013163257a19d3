/// One element of `program`: text in which `{name}` stands for the value of a parameter and `{{` for a brace.
struct ArgumentTemplate: Sendable, Equatable {
    enum Part: Sendable, Equatable {
        case text(String)
        case parameter(Name)
    }

    let parts: [Part]
    /// The element as it is written.
    let written: String

    /// Parses an element.
    ///
    /// - Throws: What is wrong with its braces.
    init(_ text: String) throws(TemplateError) {
        var parts: [Part] = []
        var literal = ""
        // Scalars, because a brace and a combining character behind it are one `Character`.
        var rest = text.unicodeScalars[...]
        while let brace = rest.firstIndex(of: "{") {
            literal += String(rest[..<brace])
            rest = rest[brace...].dropFirst()
            if rest.first == "{" {
                literal += "{"
                rest = rest.dropFirst()
                continue
            }
            guard let end = rest.firstIndex(of: "}"), let name = Name(String(rest[..<end])) else {
                throw TemplateError(text: text)
            }
            if !literal.isEmpty { parts.append(.text(literal)) }
            literal = ""
            parts.append(.parameter(name))
            rest = rest[end...].dropFirst()
        }
        literal += String(rest)
        if !literal.isEmpty || parts.isEmpty { parts.append(.text(literal)) }
        self.parts = parts
        written = text
    }

    /// The parameters that it names.
    var parameters: [Name] {
        parts.compactMap { part in
            if case .parameter(let name) = part { name } else { nil }
        }
    }

    /// The argument with these texts in place, by the names of the parameters.
    func filled(_ texts: [String: String]) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .parameter(let name): texts[name.text] ?? ""
            }
        }.joined()
    }

    /// The argument with the values in place; `nil` when the whole of it is a parameter that was left out.
    ///
    /// - Throws: When a value would make an option of the argument.
    func filled(with values: [Name: ParameterValue]) throws(CatalogError) -> String? {
        if parts.count == 1, case .parameter(let name) = parts[0], values[name]?.text == nil { return nil }
        var argument = ""
        for part in parts {
            if case .parameter(let name) = part { try refuseOption(values[name], named: name, behind: argument) }
            argument += part.text(values)
        }
        try refuseOptionBehindNothing(values)
        return argument
    }

    private func refuseOption(_ value: ParameterValue?, named name: Name, behind text: String) throws(CatalogError) {
        guard text.isEmpty, let value, !value.mayBeOption, value.text?.utf8.first == UInt8(ascii: "-") else { return }
        throw .parameters("parameters: \(name): may not begin with \"-\", because it begins an argument")
    }

    /// With an empty value `{name}-f` would be an option.
    private func refuseOptionBehindNothing(_ values: [Name: ParameterValue]) throws(CatalogError) {
        guard case .parameter(let name)? = parts.first, let value = values[name], !value.mayBeOption,
            case .text(let text)? = parts.first(where: { !$0.text(values).isEmpty }),
            text.utf8.first == UInt8(ascii: "-")
        else { return }
        throw .parameters("parameters: \(name): may not be empty, because a \"-\" follows it")
    }
}

extension ArgumentTemplate.Part {
    fileprivate func text(_ values: [Name: ParameterValue]) -> String {
        switch self {
        case .text(let text): text
        case .parameter(let name): values[name]?.text ?? ""
        }
    }
}

/// A brace that is neither doubled nor the begin of a parameter's name.
struct TemplateError: Error {
    let text: String

    var message: String { "expected {name} or {{ for a brace, found \(text.debugDescription)" }
}
