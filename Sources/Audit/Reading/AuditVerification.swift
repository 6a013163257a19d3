internal import Files

/// Reads the files of an audit from the oldest to the youngest, and holds every line against the one before it.
///
/// Needs no agent and no key. A line that was changed, taken out, added or moved breaks the chain where it stood; lines
/// that were taken from the end are missed by the head record, and files that were taken from the beginning by the first
/// line of the youngest file.
public struct AuditVerification {
    private var report = AuditReport()
    private var file = ""
    private var line = 0
    /// The last good line, and where it stands.
    private var last: (link: AuditLink, file: String, line: Int)?
    /// What is no line, until a line says why.
    private var region: (bytes: [UInt8], file: String, line: Int)?
    private var keptFrom: Int64 = 1
    private var head: AuditLink?
    private var isHeadSeen = false

    /// Bytes of a region at most that a line can vouch for.
    private static let largestRegion = 1024 * 1024

    /// Verifies the files of an audit.
    ///
    /// - Parameters:
    ///   - files: The files.
    ///   - head: The head record; `nil`: then nobody can say whether lines are missing at the end.
    /// - Returns: What was found.
    /// - Throws: A file that cannot be read.
    public static func report(on files: AuditFiles, head: AuditHead?) throws(AuditError) -> AuditReport {
        var verification = AuditVerification(head: head?.link)
        for file in files.existing { try verification.read(file) }
        return verification.finished(hasYoungest: FileTree.isThere(files.path))
    }

    private init(head: AuditLink?) {
        self.head = head
        report.hasHead = head != nil
    }

    private mutating func read(_ path: String) throws(AuditError) {
        var reader = try LineReader(path)
        (file, line) = (path, 0)
        while let next = try reader.next() {
            line += 1
            read(next)
        }
    }

    private mutating func read(_ next: LineReader.Line) {
        guard next.isWhole, let record = AuditRecord(next.bytes) else { return readForeign(next) }
        report.lines += 1
        close(with: record)
        compare(record)
        if let kept = record.number("kept_from"), record.event == .rotated { keptFrom = kept }
        if record.event == .lost {
            find(.lost, "\(record.number("missing") ?? 0) lines could not be written before this one")
        }
        let link = AuditLink(sequence: record.sequence, line: next.bytes)
        if last == nil { report.first = link }
        last = (link, file, line)
        if let head, head.sequence == link.sequence {
            isHeadSeen = true
            if head != link { find(.changed, "this line is not the one that the head record names") }
        }
    }

    private mutating func readForeign(_ next: LineReader.Line) {
        if region == nil { region = ([], file, line) }
        let bytes = next.bytes + (next.isWhole ? [newline] : [])
        if let count = region?.bytes.count, count + bytes.count <= Self.largestRegion { region?.bytes += bytes }
    }

    /// Ends a region that was no line: the next line knows it, or nobody does.
    private mutating func close(with record: AuditRecord?) {
        guard let open = region else { return }
        region = nil
        if let record, record.event == .repaired, record["sha256"] == AuditLink.hash(of: open.bytes) {
            let text = "\(open.bytes.count) bytes were not written to their end, as line \(record.sequence) says"
            report.add(AuditFinding(file: open.file, line: open.line, kind: .torn, text: text))
        } else {
            let text = "what stands here is no line of an audit"
            report.add(AuditFinding(file: open.file, line: open.line, kind: .unreadable, text: text))
        }
    }

    private mutating func compare(_ record: AuditRecord) {
        guard let last else {
            if record.sequence == 1, record.previous != AuditLink.start.hash {
                find(.changed, "the first line must be linked to nothing")
            }
            if record.event == .gap { findGap(record) }
            return
        }
        if record.event == .gap {
            findGap(record)
        } else if record.sequence != last.link.sequence + 1 {
            let wanted = last.link.sequence + 1
            let what = record.sequence > wanted ? "lines were taken out" : "lines were added or moved"
            find(.missing, "this is line \(record.sequence) of the audit, not \(wanted): \(what)")
            return
        }
        if record.previous != last.link.hash {
            let text = "the line behind it, \(record.sequence) of the audit, knows it by another hash"
            report.add(AuditFinding(file: last.file, line: last.line, kind: .changed, text: text))
        }
    }

    private mutating func findGap(_ record: AuditRecord) {
        let missing = record.number("missing") ?? 0
        let text = record["note"] ?? "lines are missing"
        find(missing > 0 ? .truncated : .changed, missing > 0 ? "\(missing) lines: \(text)" : text)
    }

    private mutating func find(_ kind: AuditFinding.Kind, _ text: String) {
        report.add(AuditFinding(file: file, line: line, kind: kind, text: text))
    }

    private mutating func finished(hasYoungest: Bool) -> AuditReport {
        close(with: nil)
        report.last = last?.link ?? .start
        // Without the youngest file nobody says which is the oldest that is kept; a crash between two files does that.
        if hasYoungest { checkBeginning() }
        checkEnd()
        return report
    }

    /// Whether the oldest file is the oldest that should be there.
    private mutating func checkBeginning() {
        guard report.lines > 0, report.first.sequence > keptFrom else { return }
        let text = "lines \(keptFrom) to \(report.first.sequence - 1) of the audit are missing at its beginning"
        report.add(AuditFinding(file: file, line: 0, kind: .missing, text: text))
    }

    private mutating func checkEnd() {
        guard let head, !isHeadSeen else { return }
        if head.sequence > report.last.sequence {
            let missing = head.sequence - report.last.sequence
            let text = "the last \(missing) lines are missing: the head record knows line \(head.sequence)"
            report.add(AuditFinding(file: last?.file ?? file, line: last?.line ?? 0, kind: .truncated, text: text))
        } else if head.sequence >= report.first.sequence {
            let text = "line \(head.sequence) of the audit, which the head record names, is missing"
            report.add(AuditFinding(file: file, line: 0, kind: .missing, text: text))
        }
    }
}
