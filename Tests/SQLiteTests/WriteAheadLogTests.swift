import Glibc
import SQLite
import TestSupport
import Testing

/// Beside SQLite itself, which must agree about every damage.
@Suite struct WriteAheadLogTests {
    let directory: TemporaryDirectory
    let bytes: [UInt8]
    private let database: [UInt8]

    init() throws {
        directory = try TemporaryDirectory()
        let open = try Database(path: directory.path("a.sqlite"), mode: .create)
        try open.execute("PRAGMA journal_mode=WAL")
        try open.execute("CREATE TABLE thing (number INTEGER PRIMARY KEY)")
        try open.execute("PRAGMA wal_checkpoint(RESTART)")
        for number in 1...4 { try open.execute("INSERT INTO thing VALUES (\(number))") }
        database = try directory.bytes(of: "a.sqlite")
        bytes = try directory.bytes(of: "a.sqlite-wal")
    }

    @Test func wholeLogIsClean() throws {
        let log = try #require(try look(at: bytes))
        #expect(log.commits == 4 && log.tail == .clean && log.readable == bytes.count)
    }

    @Test func noLogAndEmptyLog() throws {
        #expect(WriteAheadLog(path: directory.path("nothing")) == nil)
        let empty = try look(at: [])
        #expect(empty == nil)
        let zero = try look(at: [UInt8](repeating: 0, count: 4096))
        #expect(zero?.tail == .clean)
    }

    @Test("F-06: every cut is seen, unless it is between commits") func everyCutIsSeenUnlessItIsBetweenCommits() throws
    {
        for length in stride(from: 1, to: bytes.count, by: 509) {
            let log = try #require(try look(at: Array(bytes[..<length])))
            let rows = try rowsOfSQLite(Array(bytes[..<length]))
            #expect(log.commits == rows, "\(length)")
            #expect(log.tail == (length == log.readable ? .clean : .cut), "\(length)")
        }
    }

    @Test("F-06: every flipped byte is seen") func everyFlippedByteIsSeen() throws {
        for place in stride(from: 0, to: bytes.count, by: 61) {
            var damaged = bytes
            damaged[place] ^= 0x10
            let log = try #require(try look(at: damaged))
            let rows = try rowsOfSQLite(damaged)
            #expect(log.commits == rows, "\(place)")
            let expected: WriteAheadLog.Tail =
                place < 32 ? .noHeader : rows == 3 ? .cut : .lostCommits(4 - rows)
            #expect(log.tail == expected || rows < 3 && log.tail == .lostCommits(3 - rows), "\(place)")
        }
    }

    @Test func framesOfAnEarlierRoundAreNoDamage() throws {
        let open = try Database(path: directory.path("a.sqlite"), mode: .readWrite)
        for number in 5...9 { try open.execute("INSERT INTO thing VALUES (\(number))") }
        try open.execute("PRAGMA wal_checkpoint(RESTART)")
        try open.execute("INSERT INTO thing VALUES (10)")
        let log = try #require(WriteAheadLog(path: directory.path("a.sqlite-wal")))
        #expect(log.commits == 1 && log.tail == .clean)
        let size = try directory.bytes(of: "a.sqlite-wal").count
        #expect(log.readable < size)
    }

    private func look(at bytes: [UInt8]) throws -> WriteAheadLog? {
        WriteAheadLog(path: try directory.write(bytes, to: "b.sqlite-wal"))
    }

    private func rowsOfSQLite(_ log: [UInt8]) throws -> Int {
        unlink(directory.path("b.sqlite-shm"))
        try directory.write(database, to: "b.sqlite")
        try directory.write(log, to: "b.sqlite-wal")
        let opened = try Database(path: directory.path("b.sqlite"), mode: .readWrite)
        return Int(try opened.integer("SELECT count(*) FROM thing") ?? 0)
    }
}

extension TemporaryDirectory {
    /// The bytes of a file in it.
    func bytes(of name: String) throws -> [UInt8] {
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
