import CommandCatalog
import Glibc
import TestSupport
import Testing

@testable import Audit

/// An audit in a directory of its own.
final class AuditFixture {
    let directory: TemporaryDirectory
    var settings: AuditSettings

    init(largestFile: Int = 16 * 1024 * 1024, keptFiles: Int = 7) throws {
        directory = try TemporaryDirectory()
        settings = AuditSettings(
            path: directory.path("audit.log"), headPath: directory.path("head"), largestFile: largestFile,
            keptFiles: keptFiles)
    }

    static let time = Timestamp(seconds: 1_800_000_000)

    func open(at now: Timestamp = time) throws -> AuditFile { try AuditFile(settings, host: "web01", at: now) }

    /// Writes so many lines, one batch each, brings them to the disk, and closes.
    func write(_ count: Int) throws {
        var file = try open()
        for number in 0..<count { file.append([Self.entry(number)], at: Self.time) }
        file.sync(at: Self.time)
    }

    static func entry(_ number: Int, _ event: AuditEntry.Event = .accepted) -> AuditEntry {
        var entry = AuditEntry(event, at: time)
        entry.taskID = .integer(Int64(number))
        (entry.service, entry.command) = ("web", "restart")
        return entry
    }

    var files: AuditFiles { AuditFiles(settings.path) }

    /// The names of the existing files, the oldest first.
    var names: [String] { files.existing.map { String($0.dropFirst(directory.path.utf8.count + 1)) } }

    func report(withHead: Bool = true) throws -> AuditReport {
        let head = withHead ? try AuditHead(path: settings.headPath) : nil
        return try AuditVerification.report(on: files, head: head)
    }

    /// The findings with the directory taken out of them.
    func findings(withHead: Bool = true) throws -> [String] {
        let report = try report(withHead: withHead)
        return report.findings.map { String($0.description.dropFirst(directory.path.utf8.count + 1)) }
    }

    func bytes(_ name: String = "audit.log") throws -> [UInt8] { Array(try directory.text(of: name).utf8) }

    func lines(_ name: String = "audit.log") throws -> [String] {
        try directory.text(of: name).split(separator: "\n").map(String.init)
    }

    func replace(_ lines: [String], _ name: String = "audit.log") throws {
        try directory.write(lines.map { $0 + "\n" }.joined(), to: name)
    }

    func records() throws -> [AuditRecord] {
        var records: [AuditRecord] = []
        try files.forEachRecord { record in
            records.append(record)
            return true
        }
        return records
    }
}
