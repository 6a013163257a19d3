public import CommandCatalog
public import ConfigurationReader

/// Reads policy files.
public enum PolicyReader {
    /// Rules that a policy may have; a request is held against each of them.
    public static let mostRules = 1000

    /// Reads a policy file, which nobody but its owner may have written.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - report: Where mistakes and warnings go.
    ///   - now: What the clock says, for rules whose time is over.
    /// - Returns: The policy; `nil` when there are mistakes.
    public static func read(_ path: String, report: ConfigurationReport, at now: Timestamp = .now) -> Policy? {
        do throws(ConfigurationProblem) {
            return read(file: path, text: try TrustedFile(path).bytes, report: report, at: now)
        } catch {
            report.addMistake(error)
            return nil
        }
    }

    /// Reads the text of a policy file.
    ///
    /// - Parameters:
    ///   - file: The file's name, as mistakes show it.
    ///   - text: What it says.
    ///   - report: Where mistakes and warnings go.
    ///   - now: What the clock says, for rules whose time is over.
    /// - Returns: The policy; `nil` when there are mistakes.
    public static func read(
        file: String, text: [UInt8], report: ConfigurationReport, at now: Timestamp = .now
    ) -> Policy? {
        let mistakes = report.mistakes.count
        guard let document = ConfigurationDocument(file: file, text: text, report: report) else { return nil }
        let sections = document.root.sections(in: "rules") ?? []
        if sections.count > mostRules {
            document.root.mistake("has \(sections.count) rules; at most \(mostRules) are read", at: "rules")
        }
        let read = sections.prefix(mostRules).map { (section: $0, rule: PolicyRule($0)) }
        // Those beyond the bound were reported as a whole.
        if sections.count <= mostRules { document.reportUnknownKeys() }
        guard report.mistakes.count == mistakes else { return nil }
        let rules = read.compactMap { element in element.rule.map { (element.section, $0) } }
        warn(about: rules, in: document.root, now)
        return Policy(file: file, rules: rules.map(\.1))
    }

    private static func warn(
        about rules: [(section: ConfigurationSection, rule: PolicyRule)], in root: ConfigurationSection,
        _ now: Timestamp
    ) {
        if rules.isEmpty { root.warning("there are no rules; everything is denied") }
        for (index, (section, rule)) in rules.enumerated() {
            if let end = rule.hours?.notAfter, end <= now { section.warning("never matches: its time ended at \(end)") }
            guard let cover = rules[..<index].firstIndex(where: { $0.rule.covers(rule) }) else { continue }
            section.warning(
                "never matches: rules[\(cover)], in line \(rules[cover].rule.line), matches all of it before")
        }
    }
}
