internal import CommandCatalog

/// One rule: it matches a request when every part of it does.
struct PolicyRule: Sendable, Equatable {
    /// What a rule says about what it matches.
    enum Action: String, Sendable, CustomStringConvertible {
        case allow
        case deny

        var description: String { rawValue }
        var participle: String { self == .allow ? "allowed" : "denied" }
    }

    let action: Action
    /// The line on which it begins.
    let line: Int
    let kinds: Set<PolicyKind>
    let who: SenderPattern
    let services: NamePatterns
    let commands: NamePatterns
    /// In the order of the file.
    var parameters: [ParameterConstraint] = []
    /// `nil`: always.
    var hours: RuleHours?

    /// Whether it is about this request.
    func matches(_ request: PolicyRequest) -> Bool {
        kinds.contains(request.kind) && who.matches(request.sender)
            && services.matches(request.service) && commands.matches(request.command)
            && parameters.allSatisfy { $0.matches(request.parameters[$0.name]) } && matches(request.time)
    }

    /// Without a clock to be trusted, hours allow nothing and deny everything.
    private func matches(_ time: Timestamp?) -> Bool {
        guard let hours else { return true }
        return time.map(hours.contains) ?? (action == .deny)
    }

    /// The first reason why it does not match; `nil` when it does.
    func obstacle(to request: PolicyRequest) -> String? {
        if !kinds.contains(request.kind) { return "kind: \(request.kind.rawValue) is none of \(kindText)" }
        if !who.matches(request.sender) { return "who: \(request.sender) is none of \(who)" }
        if let obstacle = services.obstacle(to: request.service) { return "service: \(obstacle)" }
        if let obstacle = commands.obstacle(to: request.command) { return "command: \(obstacle)" }
        for constraint in parameters {
            if let obstacle = constraint.obstacle(to: request.parameters[constraint.name]) {
                return "parameters: \(constraint.name) \(obstacle)"
            }
        }
        guard let hours, !matches(request.time) else { return nil }
        guard let time = request.time else { return "when: the host's clock cannot be trusted" }
        return "when: \(WeekTime(time)), \(time), is outside \(hours)"
    }

    private var kindText: String {
        PolicyKind.allCases.filter(kinds.contains).map(\.rawValue).joined(separator: ", ")
    }
}

extension PolicyRule {
    /// Whether whatever the other rule matches is matched by this one as well; `false` also where that is not clear.
    func covers(_ other: PolicyRule) -> Bool {
        guard kinds.isSuperset(of: other.kinds), who.covers(other.who), services.covers(other.services),
            commands.covers(other.commands)
        else { return false }
        return coversHours(of: other)
            && parameters.allSatisfy { constraint in
                other.parameters.contains { $0.name == constraint.name && constraint.covers($0) }
            }
    }

    private func coversHours(of other: PolicyRule) -> Bool {
        guard hours != nil else { return true }
        // Without a clock to be trusted this one may be silent where the other denies.
        return hours == other.hours && !(action == .allow && other.action == .deny)
    }
}
