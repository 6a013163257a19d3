import CommandCatalog
import ConfigurationReader
import Escaping
import JSON
import Policy

/// What a policy says, for a person.
struct PolicySheet {
    private let policy: Policy
    private let request: PolicyRequest?
    private let warnings: [String]

    /// The sheet of a policy without mistakes.
    ///
    /// - Parameters:
    ///   - policy: The policy.
    ///   - request: What is asked for; `nil` for nothing.
    ///   - catalog: What the agent can do; `nil` where nobody knows.
    ///   - warnings: What was noticed when the policy was read.
    init(_ policy: Policy, _ request: PolicyRequest?, _ catalog: CommandCatalog?, warnings: [ConfigurationProblem]) {
        (self.policy, self.request) = (policy, request)
        self.warnings = warnings.map(\.description) + (Self.unknownName(of: request, in: catalog).map { [$0] } ?? [])
    }

    /// What is printed.
    var report: Report {
        let verdict = request.map(policy.verdict)
        let explanations = request.map(policy.explanation) ?? []
        var members: JSONObject = ["file": .string(policy.file), "rules": .integer(Int64(policy.count))]
        members["request"] = request.map { .string("\($0)") }
        members["allowed"] = verdict.map { .bool($0.isAllowed) }
        members["rule"] = verdict?.rule.map { .integer(Int64($0)) }
        members["line"] = verdict?.line.map { .integer(Int64($0)) }
        members["verdict"] = verdict.map { .string($0.sentence) }
        if request != nil { members["explanation"] = .array(explanations.map { .object(Self.json($0)) }) }
        members["warnings"] = .array(warnings.map(JSONValue.string))
        return Report(
            command: "policy check",
            table: Table(
                rows: warnings.map { [ForeignText.escaped("warning: \($0)")] } + explanations.map { [$0.sentence] }),
            summary: summary(verdict), members: members, lines: [members],
            status: verdict?.isAllowed == false ? .refused : .allWell
        )
    }

    private func summary(_ verdict: PolicyVerdict?) -> String {
        guard let verdict, let request else {
            return "\(NameList.count(policy.count, "rule")), \(NameList.count(warnings.count, "warning"))"
        }
        // A refusal by no rule names the request itself.
        return verdict.rule == nil ? verdict.sentence : ForeignText.escaped("\(request): ") + verdict.sentence
    }

    private static func json(_ explanation: PolicyExplanation) -> JSONObject {
        var object: JSONObject = [
            "rule": .integer(Int64(explanation.rule)), "line": .integer(Int64(explanation.line)),
            "decides": .bool(explanation.isDeciding),
        ]
        object["obstacle"] = explanation.obstacle.map(JSONValue.string)
        object["text"] = .string(explanation.sentence)
        return object
    }

    /// A request that is allowed and then answered that there is no such command.
    private static func unknownName(of request: PolicyRequest?, in catalog: CommandCatalog?) -> String? {
        guard let request, let catalog, let service = request.service,
            service.text != CommandCatalog.reservedService, request.kind == .command || request.kind == .check
        else { return nil }
        guard let known = catalog.json[service.text]?.object else {
            return "the catalog has no service \"\(service)\""
        }
        guard let command = request.command, known["commands"]?.object?[command.text] == nil else { return nil }
        return "the service \"\(service)\" of the catalog has no command \"\(command)\""
    }
}
