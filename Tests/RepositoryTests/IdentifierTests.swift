import Testing

/// The short names of faults and inputs that tests carry are explained in `docs/reliability.md` and `docs/threat-model.md`.
@Suite struct IdentifierTests {
    @Test func everyIdentifierOfATestIsInTheTables() throws {
        let known = try defined()
        for file in try Repository.files(below: "Tests", ending: ".swift") {
            for line in try Repository.text(file).split(separator: "\n") where Self.names(line) {
                for identifier in Self.identifiers(in: line) {
                    #expect(known.contains(identifier), "\(identifier), which \(file) names, is in no table")
                }
            }
        }
    }

    @Test func everyIdentifierOfTheTablesHasATest() throws {
        var named: Set<String> = []
        for file in try Repository.files(below: "Tests", ending: ".swift") {
            for line in try Repository.text(file).split(separator: "\n") where Self.names(line) {
                named.formUnion(Self.identifiers(in: line))
            }
        }
        for identifier in try defined().sorted() {
            #expect(named.contains(identifier), "no test names \(identifier)")
        }
    }

    /// Whether a line is one that names a test: a display name, or a comment on one.
    private static func names(_ line: Substring) -> Bool {
        line.contains("\"") || line.contains("///")
    }

    /// The identifiers of the first cells of all rows.
    private func defined() throws -> Set<String> {
        var all: Set<String> = []
        for page in ["docs/reliability.md", "docs/threat-model.md"] {
            for line in try Repository.text(page).split(separator: "\n") where line.hasPrefix("| ") {
                all.formUnion(Self.identifiers(in: line.dropFirst(2).prefix { $0 != "|" }))
            }
        }
        return all
    }

    /// `F-01` and `M37`, and all from the first to the second of `M37 to M41`.
    private static func identifiers(in text: Substring) -> [String] {
        text.matches(of: #/\b(F-|[MACO])([0-9]{2})\b(?: to (?:F-|[MACO])([0-9]{2})\b)?/#)
            .flatMap { match in
                let first = Int(match.2) ?? 0
                let last = match.3.flatMap { Int($0) } ?? first
                return (first...max(first, last)).map { "\(match.1)\($0 < 10 ? "0" : "")\($0)" }
            }
    }
}
