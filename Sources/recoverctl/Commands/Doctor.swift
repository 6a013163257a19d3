import ArgumentParser
import JSON

/// `recoverctl doctor`: what keeps this host's agent from working.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks at this host's agent and all that it needs, and says what to type next.",
        discussion: """
            It looks at the configuration, the rights and the space of the state directory, the agent, the runner, the clock, \
            the brokers and the certificates, and changes nothing.
            """)

    @Option(help: "The main file.")
    var config = "/etc/recoverd/monitor-config.json"
    @Option(help: "The state directory of the agent.")
    var state = AgentFlags.usualState
    @OptionGroup var format: FormatFlags

    func run() throws {
        try Self.report(HostFacts.gather(mainFile: config, stateDirectory: state).findings).finish(format.format)
    }

    /// What is printed.
    static func report(_ findings: [Finding]) -> Report {
        let lines = findings.map { finding -> JSONObject in
            var line: JSONObject = [
                "check": .string(finding.check), "state": .string(finding.state.rawValue),
                "found": .string(finding.text),
            ]
            line["next"] = finding.next.isEmpty ? nil : .string(finding.next)
            return line
        }
        let (failed, warnings) = (findings.filter { $0.state == .failed }, findings.filter { $0.state == .warning })
        let counts = [
            "\(NameList.count(findings.count, "check"))", "\(findings.count - failed.count - warnings.count) ok",
            warnings.isEmpty ? nil : "\(NameList.count(warnings.count, "warning"))",
            failed.isEmpty ? nil : "\(failed.count) failed\(NameList.inBrackets(failed.map(\.check)))",
        ].compactMap(\.self)
        return Report(
            command: "doctor",
            table: Table(
                columns: ["CHECK", "STATE", "FOUND"],
                rows: findings.map {
                    [$0.check, $0.state.rawValue, $0.text + ($0.next.isEmpty ? "" : "; next: \($0.next)")]
                }),
            summary: "\(counts[0]): \(counts.dropFirst().joined(separator: ", "))",
            members: ["checks": .array(lines.map(JSONValue.object))], lines: lines,
            status: failed.isEmpty ? .allWell : .targetFailed)
    }
}
