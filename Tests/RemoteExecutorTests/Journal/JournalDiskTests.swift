import CommandCatalog
import Glibc
import TestSupport
import Testing

@testable import RemoteExecutor

/// Disks that are full, read-only or broken under a running agent.
@Suite(.crowd) struct JournalDiskTests {
    let bench: JournalBench

    init() throws { bench = try JournalBench(Journal.Limits(ballast: 100 << 10)) }

    @Test(.enabled(if: SmallDisk.isAllowed, "mounting a tmpfs needs root"))
    func fullDiskTakesTheBallastThenRefusesAndRecovers() throws {
        let disk = try SmallDisk(at: bench.directory.path)
        defer { disk.remove() }
        let journal = try bench.open()
        try journal.commit([.accepted(bench.task(1))], now: bench.now)
        #expect(journal.warnings.contains { $0.contains("is in memory") })
        try disk.fill()
        // A log with room left in it takes a few tasks before the ballast is needed.
        var (number, onBallast): (Int64, Int) = (2, 0)
        var failure: JournalError?
        while failure == nil, number < 1000 {
            do {
                try journal.commit([.accepted(bench.task(number, payload: 3000))], now: bench.now)
                if journal.counters.ballastReleased == 1 {
                    onBallast += 1
                    #expect(journal.state == .full)
                }
                number += 1
            } catch { failure = error }
        }
        #expect(failure?.kind == .full && onBallast > 10 && journal.counters.ballastReleased == 1)
        #expect(journal.state == .full && journal.nextNumber == number)
        let accepted = try journal.unfinished().map(\.number)
        #expect(accepted == Array(1..<number))
        // It comes back by itself, and holds ballast again when there is room for it.
        disk.empty()
        try journal.commit([.accepted(bench.task(number))], now: bench.now)
        #expect(journal.state == .full)
        for _ in 1...2 { try journal.tidy(now: bench.now) }
        #expect(bench.size(of: "journal.ballast") == 100 << 10 && journal.state == .ok)
        #expect(Journal.check(directory: bench.directory.path).problems == [])
    }

    @Test("A10: a journal opens on a full disk", .enabled(if: SmallDisk.isAllowed, "mounting a tmpfs needs root"))
    func journalOpensOnAFullDisk() throws {
        let disk = try SmallDisk(at: bench.directory.path)
        defer { disk.remove() }
        do { try bench.announce(1...2, in: try bench.open()) }
        try disk.fill()
        let journal = try bench.open()
        #expect(journal.state == .full && journal.counters.ballastReleased == 1)
        try journal.commit([.accepted(bench.task(3))], now: bench.now)
    }

    @Test(
        "F-08, A10: a read-only disk is refused by its name",
        .enabled(if: SmallDisk.isAllowed, "mounting a tmpfs needs root"))
    func readOnlyDiskIsRefusedByItsName() throws {
        let disk = try SmallDisk(at: bench.directory.path)
        defer { disk.remove() }
        do { try bench.announce(1...2, in: try bench.open()) }
        try disk.remount("ro")
        let error = #expect(throws: JournalError.self) { try bench.open() }
        #expect(error?.kind == .readOnly)
        let check = Journal.check(directory: bench.directory.path)
        #expect(check.problems == [] && check.tasks == [.announced: 2])
        try disk.remount("rw")
        let rows = try bench.open().counters.digests
        #expect(rows == 2)
    }

    @Test(arguments: ["journal.sqlite-wal", "journal.sqlite"])
    func brokenHandleIsReplaced(name: String) throws {
        let journal = try bench.open()
        try bench.announce(1...3, in: journal)
        try Self.breakHandle(of: bench.directory.path(name))
        // The database itself is written at a checkpoint only, whose failure takes nothing back.
        var failures = 0
        for number in 4...60 as ClosedRange<Int64> {
            do {
                try journal.commit([.accepted(bench.task(number, payload: 5000))], now: bench.now)
            } catch {
                failures += 1
                #expect(error.kind == .ioError && journal.state != .ok)
                #expect(journal.nextNumber == number - Int64(failures - 1))
            }
        }
        #expect(failures == (name == "journal.sqlite-wal" ? 1 : 0))
        #expect(journal.state == .ok && journal.counters.digests == 60 - failures)
        #expect(Journal.check(directory: bench.directory.path).problems == [])
    }

    @Test("F-09: a disk that hangs blocks only the caller") func hangingDiskBlocksOnlyTheCaller() throws {
        let journal = try bench.open()
        try bench.announce(1...1, in: journal)
        // Here the store is held as a hanging fsync would hold it. Whoever needs it now would wait for us, and end us.
        try journal.read { _ in
            journal.defer(.announced(number: 1))
            #expect(journal.state == .ok && journal.nextNumber == 2 && journal.counters.digests == 1)
            #expect(journal.highWater == bench.now)
        }
    }

    /// Puts a descriptor that cannot be written in the place of the journal's.
    private static func breakHandle(of path: String) throws {
        let readable = open(path, O_RDONLY | O_CLOEXEC)
        guard readable >= 0 else { throw SystemFailure("open \(path)", errno) }
        for descriptor in 3..<1024 as Range<CInt> where descriptor != readable {
            var buffer = [CChar](repeating: 0, count: 4096)
            guard readlink("/proc/self/fd/\(descriptor)", &buffer, 4095) > 0 else { continue }
            let name = buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
            if name == path { _ = (dup2(readable, descriptor), fcntl(descriptor, F_SETFD, FD_CLOEXEC)) }
        }
        // Closed only now, and never for the database: its closing would end the locks of our process.
        if !path.hasSuffix(".sqlite") { close(readable) }
    }
}
