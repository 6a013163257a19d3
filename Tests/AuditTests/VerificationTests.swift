import CommandCatalog
import Glibc
import TestSupport
import Testing

@testable import Audit

/// Whatever is done to an audit, it is found.
@Suite(.crowd)
struct VerificationTests {
    @Test func untouchedAuditHasNoFindings() throws {
        let audit = try AuditFixture(largestFile: 2000)
        try audit.write(50)
        let report = try audit.report()
        #expect(report.findings.isEmpty && report.isIntact && report.hasHead)
        #expect(report.first.sequence == 1)
        #expect(report.lines == Int(report.last.sequence))
    }

    @Test func anEmptyAuditIsIntact() throws {
        #expect(try AuditFixture().findings().isEmpty)
    }

    @Test func changeIsFoundWithItsPlace() throws {
        let audit = try AuditFixture()
        try audit.write(5)
        var lines = try audit.lines()
        lines[2] = lines[2].replacing("restart", with: "status!")
        try audit.replace(lines)
        #expect(
            try audit.findings() == [
                "audit.log:3: changed: the line behind it, 4 of the audit, knows it by another hash"
            ])
    }

    @Test func missingAddedAndSwappedLinesAreFoundWithTheirPlace() throws {
        let audit = try AuditFixture()
        try audit.write(5)
        let lines = try audit.lines()
        try audit.replace([lines[0], lines[2], lines[3], lines[4]])
        #expect(
            try audit.findings() == ["audit.log:2: missing: this is line 3 of the audit, not 2: lines were taken out"])
        try audit.replace([lines[0], lines[1], lines[1], lines[2], lines[3], lines[4]])
        #expect(
            try audit.findings() == [
                "audit.log:3: missing: this is line 2 of the audit, not 3: lines were added or moved"
            ])
        try audit.replace([lines[0], lines[2], lines[1], lines[3], lines[4]])
        #expect(
            try audit.findings() == [
                "audit.log:2: missing: this is line 3 of the audit, not 2: lines were taken out",
                "audit.log:3: missing: this is line 2 of the audit, not 4: lines were added or moved",
                "audit.log:4: missing: this is line 4 of the audit, not 3: lines were taken out",
            ])
    }

    @Test func truncationIsFoundByTheHeadAndOnlyByIt() throws {
        let audit = try AuditFixture()
        try audit.write(5)
        try audit.replace(Array(audit.lines().prefix(3)))
        #expect(
            try audit.findings() == [
                "audit.log:3: truncated: the last 2 lines are missing: the head record knows line 5"
            ])
        #expect(try audit.findings(withHead: false).isEmpty)
        #expect(try !audit.report(withHead: false).hasHead)
    }

    @Test func missingFilesAreFound() throws {
        let audit = try AuditFixture(largestFile: 1000, keptFiles: 5)
        try audit.write(60)
        let whole = try audit.report()
        for name in audit.names.dropLast() {
            let text = try audit.directory.text(of: name)
            unlink(audit.directory.path(name))
            let report = try audit.report()
            #expect(report.findings.map(\.kind) == [.missing], "\(name)")
            try audit.directory.write(text, to: name)
        }
        #expect(try audit.report() == whole)
        unlink(audit.settings.path)
        #expect(try audit.report().findings.map(\.kind) == [.truncated])
    }

    @Test(arguments: SeededGenerator.seeds)
    func everyChangeIsFound(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let audit = try AuditFixture(largestFile: 1500, keptFiles: 6)
        try audit.write(40)
        #expect(try audit.findings().isEmpty)
        let originals = try audit.names.map { (name: $0, bytes: try audit.bytes($0)) }
        for _ in 0..<150 {
            let original = chance.one(of: originals)
            var lines = original.bytes.split(separator: newline).map { Array($0) + [newline] }
            let (first, second) = (chance.number(below: lines.count), chance.number(below: lines.count))
            let what: String
            switch chance.number(below: 6) {
            case 0:
                what = "byte of line \(first + 1)"
                lines[first][chance.number(below: lines[first].count)] ^= UInt8(1 << chance.number(below: 8))
            case 1:
                what = "without line \(first + 1)"
                lines.remove(at: first)
            case 2:
                what = "lines \(first + 1) and \(second + 1) swapped"
                lines.swapAt(first, second)
            case 3:
                what = "cut in line \(first + 1)"
                lines = Array(lines[..<first]) + [lines[first].dropLast(1 + chance.number(below: lines[first].count))]
            case 4:
                what = "line \(first + 1) twice"
                lines.insert(lines[first], at: second)
            default:
                what = "text in line \(first + 1)"
                lines[first].insert(
                    contentsOf: Array(chance.text(upTo: 5).utf8), at: chance.number(below: lines[first].count))
            }
            let changed = lines.flatMap { $0 }
            try audit.directory.write(changed, to: original.name)
            let report = try audit.report()
            #expect(changed == original.bytes || !report.isIntact, "\(original.name): \(what)")
            try audit.directory.write(original.bytes, to: original.name)
        }
    }

    @Test func whoeverWritesAChainOfHisOwnIsFoundByTheHead() throws {
        let (audit, forged) = (try AuditFixture(), try AuditFixture())
        try audit.write(5)
        var file = try forged.open()
        for number in 0..<5 { file.append([AuditFixture.entry(number, .refused)], at: AuditFixture.time) }
        try audit.replace(forged.lines())
        #expect(
            try audit.findings() == [
                "audit.log:5: changed: this line is not the one that the head record names"
            ])
    }

    @Test func findingsAreBounded() throws {
        let audit = try AuditFixture()
        try audit.write(1)
        let line = try #require(audit.lines().first)
        try audit.replace(Array(repeating: line, count: 3000))
        let report = try audit.report()
        #expect(report.findings.count == AuditReport.mostFindings)
        #expect(report.further == 2999 - AuditReport.mostFindings)
        #expect(!report.isIntact)
    }

    @Test func lineOfAnyLengthIsReadWithBoundedMemory() throws {
        let audit = try AuditFixture()
        try audit.write(2)
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 3 * LineReader.longestLine + 17)
        try audit.directory.write(audit.bytes() + long, to: "audit.log")
        #expect(try audit.report().findings.map(\.kind) == [.unreadable])
    }
}

/// Reading an audit.
@Suite struct QueryTests {
    @Test func linesAreFoundByTimeHostKeyServiceTaskAndEvent() throws {
        let audit = try AuditFixture(largestFile: 1000)
        var file = try audit.open()
        for number in 0..<20 {
            var entry = AuditFixture.entry(number, number.isMultiple(of: 2) ? .accepted : .finished)
            entry.time = AuditFixture.time + .seconds(number * 60)
            entry.key = number < 10 ? "ops" : "night"
            entry.service = number < 15 ? "web" : "db"
            file.append([entry], at: entry.time)
        }
        func count(_ change: (inout AuditQuery) -> Void) throws -> Int {
            var query = AuditQuery()
            change(&query)
            var count = 0
            try audit.files.forEachRecord(query) { record in
                if record.event != .rotated { count += 1 }
                return true
            }
            return count
        }
        #expect(try count { _ in } == 20)
        #expect(try count { $0.since = AuditFixture.time + .seconds(300) } == 15)
        #expect(try count { $0.until = AuditFixture.time + .seconds(300) } == 5)
        #expect(try count { $0.key = "ops" } == 10)
        #expect(try count { $0.service = "db" } == 5)
        #expect(try count { $0.event = .finished } == 10)
        #expect(try count { $0.taskID = .integer(3) } == 1)
        #expect(try count { $0.taskID = .text("3") } == 0)
        #expect(try count { $0.host = "web01" } == 20)
        #expect(try count { $0.host = "web02" } == 0)
        #expect(try count { ($0.key, $0.event) = ("night", .accepted) } == 5)
        var seen = 0
        try audit.files.forEachRecord { _ in
            seen += 1
            return seen < 3
        }
        #expect(seen == 3)
    }
}
