import Audit
import CommandCatalog
import TestSupport
import Testing

/// `docs/audit.md` says what is.
@Suite struct AuditPageTests {
    @Test func linesOfThePageAreAnAuditAndReadAsThePageSays() throws {
        let audit = try PageAudit()
        #expect(audit.lines.count == 4)
        try audit.write(audit.lines)
        #expect(try audit.findings().isEmpty)
        var texts: [String] = []
        try audit.files.forEachRecord { record in
            texts.append(record.text)
            return true
        }
        #expect(try texts == audit.block("text log"))
    }

    @Test func findingsOfThePageAreFound() throws {
        let audit = try PageAudit()
        var lines = audit.lines
        lines[2] = lines[2].replacing("restart", with: "reload!")
        try audit.write(lines)
        #expect(try audit.findings() == audit.block("text findings changed"))
        try audit.write(Array(lines.dropLast()))
        #expect(try audit.findings() == audit.block("text findings"))
    }

    @Test func pageNamesEveryWordOfTheAudit() throws {
        let page = try Repository.text("docs/audit.md")
        for event in AuditEntry.Event.allCases { #expect(page.contains("`\(event.rawValue)`"), "\(event)") }
        for kind in [AuditFinding.Kind.changed, .missing, .truncated, .unreadable, .torn, .lost] {
            #expect(page.contains("| `\(kind.rawValue)` |"), "\(kind)")
        }
        let settings = AuditSettings(path: "", headPath: "")
        #expect(
            page.contains(
                "has reached \(settings.largestFile >> 20) MiB is put aside, of which \(settings.keptFiles) are"))
    }
}

/// The audit of the page in a directory of its own; `…` stands for the hash of the line before.
private struct PageAudit {
    let page: String
    let directory: TemporaryDirectory
    /// The lines with their hashes.
    let lines: [String]
    /// What the head record knows.
    let last: AuditLink

    init() throws {
        page = try Repository.text("docs/audit.md")
        directory = try TemporaryDirectory()
        let shown = try #require(Snippet.all(in: page).first { $0.kind == "json audit" })
        var (lines, link) = ([String](), AuditLink.start)
        for line in shown.text.split(separator: "\n") {
            lines.append(String(line).replacing("…", with: link.hash))
            link = AuditLink(sequence: link.sequence + 1, hash: try Self.hash(of: lines[lines.count - 1]))
        }
        (self.lines, last) = (lines, link)
    }

    /// By another program, as anybody could do it.
    private static func hash(of line: String) throws -> String {
        let directory = try TemporaryDirectory()
        let file = try directory.write(line, to: "line")
        return String(try ChildProgram.run("/usr/bin/sha256sum", file).prefix(64))
    }

    var files: AuditFiles { AuditFiles(directory.path("audit.log")) }

    func write(_ lines: [String]) throws {
        try directory.write(lines.map { $0 + "\n" }.joined(), to: "audit.log")
    }

    func findings() throws -> [String] {
        let report = try AuditVerification.report(on: files, head: AuditHead(last))
        return report.findings.map { String($0.description.dropFirst(directory.path.utf8.count + 1)) }
    }

    func block(_ kind: String) throws -> [String] {
        let block = try #require(Snippet.all(in: page).first { $0.kind == kind })
        return block.text.split(separator: "\n").map(String.init)
    }
}
