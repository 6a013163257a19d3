internal import Escaping

/// The rules of a host: who may ask for what, and when.
///
/// The first rule that matches decides; where none does, the request is denied. A policy without rules denies everything.
public struct Policy: Sendable, Equatable {
    /// The file that it was read from; empty for a policy that was not read.
    public let file: String
    let rules: [PolicyRule]

    /// A policy that denies everything, as for a file that cannot be read.
    public init() {
        self.init(file: "", rules: [])
    }

    init(file: String, rules: [PolicyRule]) {
        self.file = file
        self.rules = rules
    }

    /// How many rules there are.
    public var count: Int { rules.count }

    /// Whether a request may be done.
    public func verdict(on request: PolicyRequest) -> PolicyVerdict {
        guard let index = rules.firstIndex(where: { $0.matches(request) }) else {
            let sentence = ForeignText.escaped("denied: no rule allows \(request)")
            return PolicyVerdict(isAllowed: false, rule: nil, line: nil, sentence: sentence)
        }
        let rule = rules[index]
        return PolicyVerdict(
            isAllowed: rule.action == .allow,
            rule: index + 1,
            line: rule.line,
            sentence: ForeignText.escaped("\(rule.action.participle) by \(place(of: index))")
        )
    }

    /// What every rule says to a request, in their order; for people.
    public func explanation(of request: PolicyRequest) -> [PolicyExplanation] {
        var decider: Int?
        return rules.indices.map { index in
            let obstacle = rules[index].obstacle(to: request)
            let isDeciding = obstacle == nil && decider == nil
            if isDeciding { decider = index }
            let reason = obstacle ?? (isDeciding ? "matches" : "matches, but rule \((decider ?? 0) + 1) comes first")
            let sentence = "\(place(of: index)), \(rules[index].action): \(reason)"
            return PolicyExplanation(
                rule: index + 1,
                line: rules[index].line,
                isDeciding: isDeciding,
                obstacle: obstacle.map { ForeignText.escaped($0) },
                sentence: ForeignText.escaped(sentence)
            )
        }
    }

    /// `rule 3, policy.json:17`.
    private func place(of index: Int) -> String {
        let name = file.split(separator: "/").last.map(String.init) ?? "policy"
        return "rule \(index + 1), \(name):\(rules[index].line)"
    }
}
