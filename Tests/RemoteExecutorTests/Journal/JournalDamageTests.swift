import CommandCatalog
import Glibc
import SQLite
import TestSupport
import Testing

@testable import RemoteExecutor

/// Losses of power and bad disks: what was durable is there, or the journal says that it is not.
@Suite(.crowd) struct JournalDamageTests {
    let bench: JournalBench

    init() throws { bench = try JournalBench(Journal.Limits(ballast: 0)) }

    @Test("F-05: what a commit returned for outlives a loss of power") func whatACommitReturnedForOutlivesALossOfPower()
        throws
    {
        let journal = try bench.open()
        var chance = SeededGenerator(seed: 5)
        for number in 1...60 as ClosedRange<Int64> {
            try journal.commit(
                [.accepted(bench.task(number, payload: chance.number(below: 9000)))], now: bench.now)
            if number.isMultiple(of: 3) {
                try journal.commit([.finished(number: number - 1, bench.finish())], now: bench.now)
            }
            if number.isMultiple(of: 25) { try journal.tidy(now: bench.now) }
            // What the disk holds at this moment; the shared memory is gone with the power.
            let copy = try JournalCopy(of: bench)
            let after = try copy.open()
            let entries = try after.unfinished()
            #expect(after.warnings.isEmpty && entries.map(\.number) == Array(1...number))
            #expect(entries.count { $0.stage == .finished } == number / 3)
        }
    }

    @Test("F-06: a log that is cut anywhere ends with its last whole commit")
    func logThatIsCutAnywhereEndsWithItsLastWholeCommit() throws {
        let (database, whole, ends) = try eightCommits()
        for length in stride(from: 0, to: whole.count, by: 512) {
            let copy = try JournalCopy(of: bench, database: database, log: Array(whole[..<length]))
            let journal = try copy.open()
            let rows = try journal.unfinished().map(\.number)
            #expect(rows == Array(1..<Int64(1 + ends.count { $0 <= length })), "\(length)")
            #expect(journal.warnings.isEmpty == (length == 0 || length == 32 || ends.contains(length)), "\(length)")
        }
    }

    @Test("F-06: a flipped byte near the end of the log is said") func flippedByteNearTheEndOfTheLogIsSaid() throws {
        let (database, whole, ends) = try eightCommits()
        for place in stride(from: whole.count - 8192, to: whole.count, by: 31) {
            var damaged = whole
            damaged[place] ^= 1 << UInt8(place & 7)
            let copy = try JournalCopy(of: bench, database: database, log: damaged)
            let problems = Journal.check(directory: copy.directory.path).problems
            let journal = try copy.open()
            let rows = try journal.unfinished().map(\.number)
            #expect(rows == Array(1..<Int64(1 + ends.count { $0 <= place })), "\(place)")
            #expect(journal.warnings.count == 1 && problems.count == 1, "\(place)")
        }
    }

    @Test("F-06: lost commits are counted") func lostCommitsAreCounted() throws {
        let (database, whole, ends) = try eightCommits()
        var damaged = whole
        damaged[ends[2] + 100] ^= 1
        let journal = try JournalCopy(of: bench, database: database, log: damaged).open()
        #expect(journal.counters.digests == 3)
        #expect(journal.warnings.first?.contains("its last 5 commits are lost") == true)
    }

    @Test("F-06: a log without its header is refused") func logWithoutItsHeaderIsRefused() throws {
        let (database, whole, _) = try eightCommits()
        for place in 0..<32 {
            var damaged = whole
            damaged[place] ^= 4
            let copy = try JournalCopy(of: bench, database: database, log: damaged)
            let error = #expect(throws: JournalError.self) { try copy.open() }
            #expect(error?.kind == .damaged && error?.message.contains("its header is damaged") == true)
        }
    }

    @Test("F-06: a flipped byte in the file is refused or harms no task")
    func flippedByteInTheFileIsRefusedOrHarmsNoTask() throws {
        do {
            let journal = try bench.open()
            for number in 1...40 as ClosedRange<Int64> {
                try journal.commit([.accepted(bench.task(number, payload: 300))], now: bench.now)
            }
        }
        let whole = try bench.directory.bytes(of: "journal.sqlite")
        var refused = 0
        for place in stride(from: 0, to: whole.count, by: 97) {
            var damaged = whole
            damaged[place] ^= 1 << UInt8(place % 8)
            let copy = try JournalCopy(of: bench, database: damaged, log: [])
            let problems = Journal.check(directory: copy.directory.path).problems
            do {
                let journal = try copy.open()
                let numbers = try journal.latest(100).map(\.number)
                #expect(numbers.count == 40 || !problems.isEmpty, "\(place)")
            } catch let error as JournalError {
                refused += 1
                #expect(!problems.isEmpty, "\(place): \(error)")
            }
        }
        #expect(refused > 10)
    }

    /// A journal whose eight commits are all in its log, and where in the log they end.
    private func eightCommits() throws -> (database: [UInt8], log: [UInt8], ends: [Int]) {
        let journal = try bench.open()
        var ends: [Int] = []
        for number in 1...8 as ClosedRange<Int64> {
            try journal.commit([.accepted(bench.task(number))], now: bench.now)
            ends.append(bench.size(of: "journal.sqlite-wal") ?? 0)
        }
        // Closing writes the log back, so both are read before.
        return try withExtendedLifetime(journal) {
            (try bench.directory.bytes(of: "journal.sqlite"), try bench.directory.bytes(of: "journal.sqlite-wal"), ends)
        }
    }
}

/// What a disk holds of a journal, in a directory of its own.
private struct JournalCopy {
    let directory: TemporaryDirectory
    private let now: Timestamp

    init(of bench: JournalBench, database: [UInt8]? = nil, log: [UInt8]? = nil) throws {
        directory = try TemporaryDirectory()
        now = bench.now
        try directory.write(try database ?? bench.directory.bytes(of: "journal.sqlite"), to: "journal.sqlite")
        let hasLog = bench.size(of: "journal.sqlite-wal") != nil
        try directory.write(
            try log ?? (hasLog ? bench.directory.bytes(of: "journal.sqlite-wal") : []), to: "journal.sqlite-wal")
    }

    func open() throws -> Journal {
        try Journal(directory: directory.path, limits: Journal.Limits(ballast: 0), now: now)
    }
}

extension TemporaryDirectory {
    /// The bytes of a file in it.
    fileprivate func bytes(of name: String) throws -> [UInt8] {
        let file = open(path(name), O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemFailure("open \(name)", errno) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw SystemFailure("fstat \(name)", errno) }
        return [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
            count = max(0, pread(file, buffer.baseAddress, buffer.count, 0))
        }
    }
}
