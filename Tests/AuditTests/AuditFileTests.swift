import CommandCatalog
import Glibc
import TestSupport
import Testing

@testable import Audit

/// The audit on disk.
@Suite struct AuditFileTests {
    @Test func chainGoesOnOverRestarts() throws {
        let audit = try AuditFixture()
        try audit.write(3)
        try audit.write(2)
        #expect(try audit.records().map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(try audit.findings().isEmpty)
    }

    @Test func batchIsWithTheKernelAtOnceAndWithTheHeadAfterTheSync() throws {
        let audit = try AuditFixture()
        var file = try audit.open()
        file.append((0..<5).map { AuditFixture.entry($0) }, at: AuditFixture.time)
        #expect(try audit.lines().count == 5)
        #expect(try AuditHead(path: audit.settings.headPath) == nil)
        file.syncIfDue(at: AuditFixture.time + .milliseconds(999))
        #expect(try AuditHead(path: audit.settings.headPath) == nil)
        file.syncIfDue(at: AuditFixture.time + .seconds(1))
        #expect(try AuditHead(path: audit.settings.headPath)?.link == file.last)
        #expect(file.written == 5 && file.failures == 0)
    }

    @Test func clockThatWasSetBackStopsNoSync() throws {
        let audit = try AuditFixture()
        var file = try audit.open()
        file.append([AuditFixture.entry(1)], at: AuditFixture.time)
        file.syncIfDue(at: AuditFixture.time + .seconds(-3600))
        #expect(try AuditHead(path: audit.settings.headPath)?.link.sequence == 1)
    }

    @Test func filesArePutAsideAndTheChainGoesThroughAllOfThem() throws {
        let audit = try AuditFixture(largestFile: 1000, keptFiles: 3)
        try audit.write(60)
        #expect(audit.names == ["audit.log.3", "audit.log.2", "audit.log.1", "audit.log"])
        let report = try audit.report()
        #expect(report.findings.isEmpty)
        #expect(report.first.sequence > 1)
        // Every file but the very first began with a line about that.
        for name in audit.names {
            let first = try #require(AuditRecord(Array(audit.lines(name)[0].utf8)))
            #expect(first.event == .rotated)
        }
        let records = try audit.records()
        #expect(records.map(\.sequence) == Array(report.first.sequence...report.last.sequence))
    }

    /// A crash between any two renames leaves a state from which everything goes on.
    @Test(arguments: [["audit.log"], ["audit.log.1"], ["audit.log.2"]])
    func interruptedRotationIsNoDamage(missing: [String]) throws {
        let audit = try AuditFixture(largestFile: 1000, keptFiles: 3)
        try audit.write(30)
        for name in missing {
            // As if the file that stands behind the free number had not been moved there yet.
            let number = Int(name.split(separator: ".").last ?? "") ?? 0
            for higher in stride(from: 8, to: number, by: -1) where audit.names.contains("audit.log.\(higher)") {
                rename(audit.directory.path("audit.log.\(higher)"), audit.directory.path("audit.log.\(higher + 1)"))
            }
            rename(audit.directory.path(name), audit.directory.path("audit.log.\(number + 1)"))
        }
        #expect(!audit.names.contains(missing[0]))
        #expect(try audit.findings().isEmpty)
        try audit.write(20)
        #expect(try audit.findings().isEmpty)
        #expect(audit.names.count <= 4)
    }

    @Test func everyTornEndIsRepairedByALineThatSaysSo() throws {
        let audit = try AuditFixture()
        try audit.write(3)
        let whole = try audit.bytes()
        let lastLine = try #require(audit.lines().last).utf8.count
        for cut in [1, 2] + stride(from: 3, to: lastLine, by: 7) + [lastLine] {
            try audit.directory.write(Array(whole.dropLast(cut)), to: "audit.log")
            unlink(audit.settings.headPath)
            // What lacks only its newline is torn as well, until the next start.
            #expect(try !audit.report(withHead: false).isIntact)
            try audit.write(2)
            let report = try audit.report()
            #expect(report.isIntact, "cut \(cut): \(report.findings)")
            // Only the newline is gone, or all of the line: then nothing is torn.
            #expect(report.findings.map(\.kind) == (cut == 1 ? [] : [.torn]), "cut \(cut)")
            #expect(try audit.records().last?.sequence == 5)
        }
    }

    @Test(arguments: ["\0\0\0\0", "half a line\nand another\n", "\n", "{\"seq\":3}\n"])
    func whateverACrashLeftAtTheEndIsRepaired(garbage: String) throws {
        let audit = try AuditFixture()
        try audit.write(2)
        try audit.directory.write(audit.bytes() + Array(garbage.utf8), to: "audit.log")
        #expect(try !audit.report().isIntact)
        try audit.write(1)
        #expect(try audit.report().findings.map(\.kind) == [.torn])
        #expect(try audit.report().isIntact)
    }

    @Test func aRepairVouchesForNothingElse() throws {
        let audit = try AuditFixture()
        try audit.write(2)
        try audit.directory.write(audit.bytes() + Array("half".utf8), to: "audit.log")
        try audit.write(1)
        var lines = try audit.lines()
        lines[2] = "harm"
        try audit.replace(lines)
        #expect(try audit.report().findings.map(\.kind) == [.unreadable])
    }

    @Test func linesThatWereTakenFromTheEndAreMissedAtTheNextStart() throws {
        let audit = try AuditFixture()
        try audit.write(5)
        try audit.replace(Array(audit.lines().prefix(3)))
        try audit.write(1)
        // The head record is a new one now, and the audit itself remembers.
        #expect(
            try audit.findings() == [
                "audit.log:4: truncated: 2 lines: lines that were written are missing before this one"
            ])
        #expect(try audit.records().map(\.sequence) == [1, 2, 3, 6, 7])
    }

    @Test func anotherLastLineIsSeenAtTheNextStart() throws {
        let audit = try AuditFixture()
        try audit.write(3)
        var lines = try audit.lines()
        lines[2] = lines[2].replacing("restart", with: "status!")
        try audit.replace(lines)
        try audit.write(1)
        #expect(
            try audit.findings() == [
                "audit.log:4: changed: the line before this one is not the one that was written"
            ])
    }

    /// Somebody who cannot write the head record writes another chain, and goes beyond what the record knows.
    @Test(arguments: [16 * 1024 * 1024, 1000]) func anotherChainBeyondTheHeadIsSeenAtTheNextStart(size: Int) throws {
        let (audit, forged) = (try AuditFixture(largestFile: size), try AuditFixture(largestFile: size))
        try audit.write(5)
        let known = try #require(try AuditHead(path: audit.settings.headPath)).link.sequence
        var file = try forged.open()
        for number in 0..<20 { file.append([AuditFixture.entry(number, .refused)], at: AuditFixture.time) }
        for name in forged.names { try audit.directory.write(forged.bytes(name), to: name) }
        #expect(forged.names.count > 3 || size > 1000, "the line stands in an older file")
        try audit.write(1)
        #expect(try audit.report().findings.map(\.kind) == [.changed])
        #expect(
            try audit.findings().first?.hasSuffix(
                "changed: line \(known) of the audit, before this one, is not the one that was written") == true)
        try audit.write(1)
        #expect(try audit.findings().count == 1, "once is enough")
    }

    @Test func aLineOfTheHeadThatIsTakenOutIsSeenAtTheNextStart() throws {
        let audit = try AuditFixture()
        try audit.write(5)
        let head = try audit.bytes("head")
        try audit.write(2)
        try audit.directory.write(head, to: "head")
        var lines = try audit.lines()
        lines.remove(at: 4)
        try audit.replace(lines)
        try audit.write(1)
        #expect(
            try audit.findings().last
                == "audit.log:7: changed: line 5 of the audit, before this one, is not there any more")
    }

    /// After a crash, or with a full disk where the record stands.
    @Test(arguments: [16 * 1024 * 1024, 1000]) func aHeadThatLagsAccusesNobody(size: Int) throws {
        let audit = try AuditFixture(largestFile: size)
        try audit.write(7)
        let head = try audit.bytes("head")
        for _ in 1...3 {
            try audit.write(7)
            try audit.directory.write(head, to: "head")
        }
        try audit.write(1)
        #expect(try audit.findings().isEmpty)
    }

    @Test func whatIsMissingIsToldOnceThoughTheHeadIsNotWritten() throws {
        let audit = try AuditFixture()
        try audit.write(5)
        let (head, first) = (try audit.bytes("head"), Array(try audit.lines().prefix(3)))
        for lines in [first, []] {
            try audit.replace(lines)
            try audit.directory.write(head, to: "head")
            try audit.write(1)
            try audit.directory.write(head, to: "head")
            try audit.write(1)
            #expect(try audit.records().count { $0.event == .gap } == 1)
        }
    }

    @Test func anotherFileBeginsAnAuditOfItsOwn() throws {
        let audit = try AuditFixture()
        try audit.write(5)
        audit.settings = AuditSettings(path: audit.directory.path("other.log"), headPath: audit.settings.headPath)
        try audit.write(2)
        #expect(try audit.records().map(\.sequence) == [1, 2])
        #expect(try audit.findings().isEmpty)
        try audit.replace([], "other.log")
        try audit.write(1)
        #expect(try audit.report().findings.map(\.kind) == [.truncated, .missing])
    }

    @Test func headOfAnEarlierVersionIsAboutAnyFile() throws {
        let audit = try AuditFixture()
        try audit.write(5)
        let link = try #require(try AuditHead(path: audit.settings.headPath)).link
        try AuditHead(link).write(to: audit.settings.headPath)
        #expect(try audit.directory.text(of: "head") == "{\"seq\":5,\"hash\":\"\(link.hash)\"}\n")
        try audit.replace(Array(audit.lines().prefix(3)))
        try audit.write(1)
        #expect(try audit.report().findings.map(\.kind) == [.truncated])
    }

    /// There is no number behind it.
    @Test(arguments: [Int64.max, Int64.max - 1, AuditLink.greatest + 1]) func numberThatIsTooGreatIsDamage(
        number: Int64
    ) throws {
        let audit = try AuditFixture()
        try audit.write(3)
        var lines = try audit.lines()
        lines[1] = lines[1].replacing("\"seq\":2,", with: "\"seq\":\(number),")
        try audit.replace(lines)
        #expect(try audit.report().findings.map(\.kind) == [.unreadable, .missing])
        try audit.replace(Array(lines.prefix(2)))
        try audit.directory.write(
            "{\"seq\":\(number),\"hash\":\"\(String(repeating: "0", count: 64))\"}\n", to: "head")
        try audit.write(2)
        #expect(try audit.records().map(\.event) == [.accepted, .repaired, .gap, .accepted, .accepted])
        #expect(try audit.records().last?.sequence == 5)
    }

    @Test func behindTheGreatestNumberTheAgentGoesOn() throws {
        let audit = try AuditFixture()
        try audit.write(1)
        let line = try audit.lines()[0].replacing("\"seq\":1,", with: "\"seq\":\(AuditLink.greatest),")
        try audit.replace([line])
        for _ in 1...2 { try audit.write(2) }
        #expect(try !audit.report(withHead: false).isIntact)
    }

    @Test func aWholeAuditThatIsGoneIsMissed() throws {
        let audit = try AuditFixture()
        try audit.write(5)
        unlink(audit.settings.path)
        try audit.write(1)
        #expect(try audit.report().findings.map(\.kind) == [.truncated, .missing])
    }

    @Test func aFileThatIsRemovedWhileItIsWrittenIsMissed() throws {
        let audit = try AuditFixture()
        var file = try audit.open()
        file.append([AuditFixture.entry(1), AuditFixture.entry(2)], at: AuditFixture.time)
        unlink(audit.settings.path)
        file.append([AuditFixture.entry(3)], at: AuditFixture.time + .seconds(2))
        #expect(try audit.records().map(\.sequence) == [3, 4])
        #expect(try audit.records().map(\.event) == [.gap, .accepted])
    }

    @Test func whatCannotBeWrittenIsCountedAndTold() throws {
        let audit = try AuditFixture()
        var file = try audit.open()
        file.append([AuditFixture.entry(1)], at: AuditFixture.time)
        // The file is gone and nothing can be made in its place.
        unlink(audit.settings.path)
        mkdir(audit.settings.path, 0o700)
        for number in 2...4 {
            file.append([AuditFixture.entry(number)], at: AuditFixture.time + .milliseconds(Int64(number) * 500))
        }
        #expect(file.lost == 3)
        #expect(file.failures == 2)
        #expect(file.failure?.description.contains("audit.log: cannot be opened: Is a directory") == true)
        rmdir(audit.settings.path)
        file.append([AuditFixture.entry(5)], at: AuditFixture.time + .seconds(9))
        #expect(file.failure == nil)
        #expect(try audit.records().map(\.event) == [.gap, .lost, .accepted])
        #expect(try audit.records()[1].number("missing") == 3)
        #expect(try audit.records()[1]["note"] == "\(audit.settings.path): cannot be opened: Is a directory")
    }

    @Test func twoWritersAreRefused() throws {
        let audit = try AuditFixture()
        let file = try audit.open()
        #expect(throws: AuditError(audit.settings.path, "another program writes it")) { _ = try audit.open() }
        #expect(file.written == 0)
    }

    @Test(arguments: ["link", "mode", "twice", "directory", "fifo"])
    func fileThatOthersCouldWriteIsRefused(wrong: String) throws {
        let audit = try AuditFixture()
        let (path, other) = (audit.settings.path, try audit.directory.write("", to: "other"))
        switch wrong {
        case "link": symlink(other, path)
        case "mode": try audit.directory.write("", to: "audit.log", mode: 0o620)
        case "twice": link(other, path)
        case "fifo": mkfifo(path, 0o600)
        default: mkdir(path, 0o700)
        }
        #expect(throws: AuditError.self) { _ = try audit.open() }
    }

    @Test func headThatCannotBeReadIsTold() throws {
        let audit = try AuditFixture()
        try audit.write(2)
        try audit.directory.write("{}", to: "head")
        #expect(throws: AuditError(audit.settings.headPath, "is no head record")) { try audit.report() }
        try audit.write(1)
        #expect(try audit.findings() == ["audit.log:3: changed: \(audit.settings.headPath): is no head record"])
    }

    @Test func headThatCannotBeWrittenHarmsNoLine() throws {
        let audit = try AuditFixture()
        mkdir(audit.settings.headPath, 0o700)
        audit.settings.headPath += "/none/head"
        var file = try audit.open()
        file.append([AuditFixture.entry(1)], at: AuditFixture.time)
        file.sync(at: AuditFixture.time)
        #expect(file.syncFailure != nil && file.failures == 1 && file.lost == 0)
        #expect(try audit.lines().count == 1)
    }
}
