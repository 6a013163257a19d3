import CommandCatalog
import ConfigurationReader
import JSON
import Policy

/// A policy is taken or refused whole; whom no rule names it denies.
enum PolicyBody {
    private static let now = Timestamp(seconds: 1_795_248_000)

    static func run(_ bytes: [UInt8]) {
        let report = ConfigurationReport()
        guard let policy = PolicyReader.read(file: "f.json", text: bytes, report: report, at: now) else {
            return require(!report.mistakes.isEmpty, "a refusal has its mistakes")
        }
        require(report.mistakes.isEmpty, "\(report.mistakes)")
        guard let key = Name("ops"), let role = Name("operator"), let service = Name("t"), let command = Name("c")
        else { return }
        for sender in [PolicyRequest.Sender.unsigned, .key(key, roles: []), .key(key, roles: [role])] {
            for kind in PolicyKind.allCases {
                let request = PolicyRequest(
                    kind, from: sender, service: service, command: command, parameters: [command: 7], at: now)
                let verdict = policy.verdict(on: request)
                require(!verdict.sentence.isEmpty, "a verdict has words")
                require(!verdict.isAllowed || policy.count > 0, "allowed by nothing")
            }
        }
    }
}
