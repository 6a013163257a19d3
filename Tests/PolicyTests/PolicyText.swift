import CommandCatalog
import ConfigurationReader
import JSON
import Testing

@testable import Policy

/// A policy that stands in the source of a test.
struct PolicyText {
    let report = ConfigurationReport()
    let policy: Policy?

    /// Noon of Monday, 2026-11-23.
    static let monday = Timestamp(seconds: 1_795_435_200)

    init(_ text: String, at now: Timestamp = monday) {
        policy = PolicyReader.read(file: "/etc/recoverd/policy.json", text: Array(text.utf8), report: report, at: now)
    }

    /// The policy of rules, one a line, without mistakes.
    static func rules(_ rules: String...) throws -> Policy {
        let text = PolicyText("{\"rules\":[\n" + rules.joined(separator: ",\n") + "\n]}")
        #expect(text.mistakes.isEmpty)
        return try #require(text.policy)
    }

    /// The mistakes without the directory.
    var mistakes: [String] { report.mistakes.map { String($0.description.dropFirst("/etc/recoverd/".count)) } }

    /// The warnings without the directory.
    var warnings: [String] { report.warnings.map { String($0.description.dropFirst("/etc/recoverd/".count)) } }
}

extension PolicyRequest {
    /// A request of names as they are.
    static func of(
        _ kind: PolicyKind = .command, key: String? = "ops", roles: [String] = [], _ service: String? = "web",
        _ command: String? = "restart", _ parameters: [(String, JSONValue)] = [],
        at time: Timestamp? = PolicyText.monday
    ) throws -> PolicyRequest {
        let sender = try key.map { key in
            PolicyRequest.Sender.key(try #require(Name(key)), roles: try roles.map { try #require(Name($0)) })
        }
        return PolicyRequest(
            kind, from: sender ?? .unsigned, service: service.flatMap(Name.init), command: command.flatMap(Name.init),
            parameters: try parameters.reduce(into: [:]) { $0[try #require(Name($1.0))] = $1.1 }, at: time)
    }
}
