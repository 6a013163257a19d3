public import CommandCatalog
public import ConfigurationReader
internal import JSON

extension Policy {
    /// Reports what rules name and a catalog does not have; such rules stay, for the catalog may get it later.
    ///
    /// - Parameters:
    ///   - catalog: The catalog of the same host.
    ///   - report: Where the warnings go.
    public func reportUnknownNames(against catalog: CommandCatalog, to report: ConfigurationReport) {
        let services = catalog.json
        for (index, rule) in rules.enumerated() {
            for message in rule.unknownNames(among: services) {
                let problem = ConfigurationProblem(
                    file: file,
                    position: JSONPosition(line: rule.line, column: 1),
                    path: JSONPath([.member("rules"), .element(index)]),
                    message: message
                )
                report.addWarning(problem)
            }
        }
    }
}

extension PolicyRule {
    /// The names, in words; the agent's own service has no catalog.
    fileprivate func unknownNames(among services: JSONObject) -> [String] {
        let meant = services.members.filter { member in Name(member.name).map { self.services.matches($0) } ?? false }
        let unknown = self.services.patterns.filter { pattern in
            !pattern.isExactly(CommandCatalog.reservedService) && pattern.text != "*"
                && !services.members.contains { pattern.matches($0.name) }
        }
        guard unknown.isEmpty else {
            return unknown.map { "no service of the catalog is \"\($0.text)\"\(hint($0, among: services))" }
        }
        let hasAgent = self.services.patterns.contains { $0.isExactly(CommandCatalog.reservedService) }
        guard !hasAgent, !kinds.isDisjoint(with: PolicyKind.coveredByStar) else { return [] }
        return unknownCommands(of: meant)
    }

    private func unknownCommands(of services: [JSONObject.Member]) -> [String] {
        let all = services.flatMap { $0.value.object?["commands"]?.object?.members ?? [] }
        let names = JSONObject(all.map { ($0.name, $0.value) })
        let unknown = commands.patterns.filter { pattern in
            pattern.text != "*" && !all.contains { pattern.matches($0.name) }
        }
        let messages = unknown.map {
            "no service that it is about has a command \"\($0.text)\"\(hint($0, among: names))"
        }
        return messages.isEmpty ? unknownParameters(of: all) : messages
    }

    private func unknownParameters(of commands: [JSONObject.Member]) -> [String] {
        let meant = commands.filter { member in Name(member.name).map { self.commands.matches($0) } ?? false }
        return parameters.map(\.name).compactMap { name in
            let isKnown = meant.contains { $0.value.object?["parameters"]?.object?[name.text] != nil }
            return isKnown ? nil : "no command that it is about has a parameter \"\(name)\""
        }
    }

    private func hint(_ pattern: NamePattern, among known: JSONObject) -> String {
        let nearest = NearestName(of: pattern.text, among: known.members.map(\.name)).nearest
        return nearest.map { "; did you mean \"\($0)\"?" } ?? ""
    }
}
