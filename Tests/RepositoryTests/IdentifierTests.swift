import TestSupport
import Testing

/// The short names of faults and inputs that tests carry are explained in `docs/reliability.md` and `docs/threat-model.md`.
@Suite(.crowd)
struct IdentifierTests {
    @Test func everyIdentifierOfATestIsInTheTables() throws {
        let known = try defined()
        for file in try Repository.files(below: "Tests", ending: ".swift") {
            for identifier in try Self.named(in: file) {
                #expect(known.contains(identifier), "\(identifier), which \(file) names, is in no table")
            }
        }
    }

    @Test func everyIdentifierOfTheTablesHasATest() throws {
        var named: Set<String> = []
        for file in try Repository.files(below: "Tests", ending: ".swift") {
            named.formUnion(try Self.named(in: file))
        }
        let untested = try untested()
        for identifier in try defined().sorted() {
            let hasReason = untested.contains(identifier)
            #expect(
                named.contains(identifier) != hasReason, "\(identifier): a test names it, or a reason why none does")
        }
    }

    @Test func everyTestOfTheTablesIsThere() throws {
        let sources = try Repository.files(below: "Tests", ending: ".swift").map(Repository.text).joined()
        for row in try Self.rows() {
            for match in row.matches(of: #/`([A-Za-z]+Tests)`/#) {
                #expect(sources.contains("struct \(match.1) {"), "\(match.1), which a row names: \(row)")
            }
        }
    }

    /// The identifiers that a file of tests names.
    private static func named(in file: String) throws -> Set<String> {
        let lines = try Repository.text(file).split(separator: "\n").filter(names)
        return Set(lines.flatMap(identifiers))
    }

    /// Whether a line can be one that names a test: a display name, or a comment on one.
    private static func names(_ line: Substring) -> Bool {
        // An expression takes long for all of the tests.
        line.utf8.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            && (line.contains("\"") || line.contains("///"))
    }

    /// The identifiers of the first cells of all rows.
    private func defined() throws -> Set<String> {
        Set(try Self.rows().flatMap { Self.identifiers(in: $0.dropFirst(2).prefix { $0 != "|" }) })
    }

    /// The identifiers of those rows that say in their last cell why no test tries them.
    private func untested() throws -> Set<String> {
        let rows = try Self.rows().filter { $0.contains("| none: ") }
        return Set(rows.flatMap { Self.identifiers(in: $0.dropFirst(2).prefix { $0 != "|" }) })
    }

    private static func rows() throws -> [String] {
        try ["docs/reliability.md", "docs/threat-model.md"].flatMap { page in
            try Repository.text(page).split(separator: "\n").filter { $0.hasPrefix("| ") }.map(String.init)
        }
    }

    /// `F-01`, `M37` and `T4`, and all from the first to the second of `M37 to M41`.
    private static func identifiers(in text: Substring) -> [String] {
        let threats = text.matches(of: #/\bT([0-9]{1,2})\b/#).map { "T\($0.1)" }
        return threats
            + text.matches(of: #/\b(F-|[MACO])([0-9]{2})\b(?: to (?:F-|[MACO])([0-9]{2})\b)?/#)
            .flatMap { match in
                let first = Int(match.2) ?? 0
                let last = match.3.flatMap { Int($0) } ?? first
                return (first...max(first, last)).map { "\(match.1)\($0 < 10 ? "0" : "")\($0)" }
            }
    }
}
