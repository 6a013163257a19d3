import CommandCatalog
import ConfigurationReader
import Policy
import Testing

/// `docs/policy.md` and the sample say what is.
@Suite struct PolicyPageTests {
    @Test func everyPolicyOfThePageIsTakenWithoutAWarning() throws {
        let policies = try Snippet.all(in: Repository.text("docs/policy.md")).filter { $0.kind == "json policy" }
        #expect(!policies.isEmpty)
        for policy in policies { _ = try Self.policy(policy.text) }
    }

    @Test func verdictsOfThePageAreThoseOfThePolicy() throws {
        let page = try Repository.text("docs/policy.md")
        let policy = try Self.policy(#require(Snippet.all(in: page).first { $0.kind == "json policy" }).text)
        let block = try #require(Snippet.all(in: page).first { $0.kind == "text verdicts" })
        let lines = block.text.split(separator: "\n")
        #expect(lines.count >= 10)
        for line in lines {
            let parts = try #require(line.firstMatch(of: /^([0-9:]{5}) (.*?) +((allowed|denied).*)$/))
            let verdict = policy.verdict(on: try Self.request(parts.2, hour: parts.1))
            #expect(verdict.sentence == parts.3)
        }
    }

    @Test func explanationOfThePageIsThatOfThePolicy() throws {
        let page = try Repository.text("docs/policy.md")
        let policy = try Self.policy(#require(Snippet.all(in: page).first { $0.kind == "json policy" }).text)
        let block = try #require(Snippet.all(in: page).first { $0.kind.hasPrefix("text explanation ") })
        let request = try Self.request(block.kind.dropFirst("text explanation ".count), hour: "12:00")
        #expect(policy.explanation(of: request).map(\.sentence) == block.text.split(separator: "\n").map(String.init))
    }

    @Test func sampleIsTakenAndNamesOnlyWhatItsCatalogHas() throws {
        let text = try Repository.text("conf/examples/policy.json")
        let policy = try Self.policy(text)
        let report = ConfigurationReport()
        let main = Array(try Repository.text("conf/examples/fleet.json").utf8)
        let document = try #require(ConfigurationDocument(file: "fleet.json", text: main, report: report))
        let catalog = CatalogReader.read(document.root, defaults: CommandDefaults(timeout: .seconds(1)))
        // That they run as root is another warning.
        let before = report.warnings.count
        policy.reportUnknownNames(against: catalog, to: report)
        // The replacement of collectd's configuration is no service of this catalog.
        #expect(report.warnings.dropFirst(before).map(\.message) == ["no service of the catalog is \"collectd\""])
        #expect(
            try policy.verdict(on: Self.request("command disk/clean by joe role:operators", hour: "12:00")).rule == nil)
        #expect(
            try policy.verdict(on: Self.request("command nginx/reload by joe role:operators", hour: "12:00")).rule == 5)
        #expect(
            try policy.verdict(on: Self.request("command nginx/reload by joe role:operators", hour: "23:00")).rule == 3)
        #expect(try policy.verdict(on: Self.request("command agent/ping by former-2025", hour: "12:00")).rule == 1)
    }

    private static func policy(_ text: String) throws -> Policy {
        let report = ConfigurationReport()
        let now = try #require(Timestamp(rfc3339: "2026-11-23T00:00:00Z"))
        let policy = PolicyReader.read(file: "policy.json", text: Array(text.utf8), report: report, at: now)
        #expect(report.mistakes.isEmpty && report.warnings.isEmpty, "\(report.mistakes) \(report.warnings)")
        return try #require(policy)
    }

    /// `command nginx/restart by central-1 role:central`, on a Monday.
    private static func request(_ text: Substring, hour: Substring) throws -> PolicyRequest {
        let words = text.split(separator: " ")
        try #require(words.count >= 4 && words[2] == "by")
        let names = words[1].split(separator: "/").map(String.init)
        let roles = try words.dropFirst(4).map { try #require(Name(String($0.dropFirst("role:".count)))) }
        let key = try #require(Name(String(words[3])))
        return PolicyRequest(
            try #require(PolicyKind(rawValue: String(words[0]))),
            from: key.text == "@unsigned" ? .unsigned : .key(key, roles: roles),
            service: Name(names[0]), command: names.count > 1 ? Name(names[1]) : nil,
            at: Timestamp(rfc3339: "2026-11-23T\(hour):00Z"))
    }
}
