import Audit
import Escaping
import Files
import JSON

/// What a verification found, for a person.
struct AuditSheet {
    private let audit: AuditReport
    /// Why there is no head record that can be used; `nil` where there is one.
    private let headless: String?

    /// An agent that puts a file aside while we read makes it look as if lines were missing, so it is looked at again.
    private static let mostLooks = 3

    /// The sheet of a verification.
    init(_ audit: AuditReport, headless: String? = nil) {
        (self.audit, self.headless) = (audit, headless)
    }

    /// Verifies files, beside an agent that writes them or without one.
    ///
    /// - Throws: There is nothing to verify, or it cannot be read.
    static func verifying(_ files: AuditFiles, headPath: String) throws(Failure) -> AuditSheet {
        var looks = 1
        var sheet = try look(files, headPath)
        while !sheet.isIntact, looks < mostLooks {
            sheet = try look(files, headPath)
            looks += 1
        }
        return sheet
    }

    private static func look(_ files: AuditFiles, _ headPath: String) throws(Failure) -> AuditSheet {
        var (head, headless) = (nil as AuditHead?, nil as String?)
        do throws(AuditError) {
            // Before the lines, of which there may be more in a moment.
            head = try AuditHead(path: headPath)
            if head == nil { headless = "\(headPath): there is no head record, so nobody knows how far the audit goes" }
        } catch {
            headless = error.description
        }
        if files.existing.isEmpty, head == nil { throw noAudit(files) }
        do throws(AuditError) {
            return AuditSheet(try AuditVerification.report(on: files, head: head), headless: headless)
        } catch {
            throw Failure(.configuration, error.description)
        }
    }

    /// That there is no audit, as far as we may see.
    static func noAudit(_ files: AuditFiles) -> Failure {
        Failure(.configuration, FileTree.doubt(about: files.path)?.description ?? "\(files.path): there is no audit")
    }

    private var isIntact: Bool { audit.isIntact && headless == nil }

    /// What is printed.
    var report: Report {
        let accidents = audit.findings.filter(\.kind.isAccident).count
        let found = audit.findings.count - accidents + audit.further + (headless == nil ? 0 : 1)
        let further = audit.further == 0 ? [] : ["and \(audit.further) more"]
        let texts = (headless.map { [$0] } ?? []) + audit.findings.map(\.description) + further
        let range = audit.lines == 0 ? "" : " (\(audit.first.sequence) to \(audit.last.sequence))"
        var members: JSONObject = [
            "intact": .bool(isIntact), "lines": .integer(Int64(audit.lines)),
            "first": .integer(audit.first.sequence), "last": .integer(audit.last.sequence),
            "hash": .string(audit.last.hash), "head": .bool(headless == nil),
            "findings": .array(audit.findings.map { .object(Self.json($0)) }),
            "further": .integer(Int64(audit.further)),
        ]
        members["head_error"] = headless.map(JSONValue.string)
        return Report(
            command: "audit verify",
            table: Table(rows: texts.map { [ForeignText.escaped($0)] }),
            summary: "\(isIntact ? "intact" : "not intact"): \(NameList.count(audit.lines, "line"))\(range), "
                + "\(NameList.count(found, "finding")), \(NameList.count(accidents, "accident"))",
            members: members,
            lines: audit.findings.map(Self.json) + [members.without("findings")],
            status: isIntact ? .allWell : .targetFailed
        )
    }

    private static func json(_ finding: AuditFinding) -> JSONObject {
        [
            "file": .string(finding.file), "line": .integer(Int64(finding.line)),
            "finding": .string(finding.kind.rawValue), "accident": .bool(finding.kind.isAccident),
            "text": .string(finding.text),
        ]
    }
}

extension JSONObject {
    /// The object without a member.
    fileprivate func without(_ name: String) -> JSONObject {
        var object = self
        object[name] = nil
        return object
    }
}
