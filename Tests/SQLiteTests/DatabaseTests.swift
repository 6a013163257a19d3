import Glibc
import SQLite
import TestSupport
import Testing

@Suite struct DatabaseTests {
    let directory: TemporaryDirectory
    let database: Database

    init() throws {
        directory = try TemporaryDirectory()
        database = try Database(path: directory.path("test.sqlite"), mode: .create)
        try database.execute("CREATE TABLE thing (number INTEGER PRIMARY KEY, text TEXT UNIQUE, bytes BLOB)")
    }

    @Test(
        arguments: [
            (0, "", []), (Int64.min, "é\0\u{1F642}", [0]),
            (Int64.max, String(repeating: "x", count: 100_000), [1, 0, 255]),
        ] as [(Int64, String, [UInt8])])
    func whatIsBoundComesBack(number: Int64, text: String, bytes: [UInt8]) throws {
        let insert = try database.prepare("INSERT INTO thing VALUES (?1, ?2, ?3)")
        try insert.bind(1, number)
        try insert.bind(2, text)
        try insert.bind(3, bytes)
        try insert.run()
        #expect(database.changes == 1)
        let select = try database.prepare("SELECT number, text, bytes FROM thing")
        let found = try select.step()
        #expect(found)
        #expect(select.integer(0) == number)
        #expect(select.text(1).map { Array($0.utf8) } == Array(text.utf8))
        #expect(select.bytes(2) == bytes)
        #expect(!select.isNull(2))
    }

    @Test func nilIsNull() throws {
        let insert = try database.prepare("INSERT INTO thing VALUES (?1, ?2, ?3)")
        try insert.bind(1, nil as Int64?)
        try insert.bind(2, nil as String?)
        try insert.bind(3, nil as [UInt8]?)
        try insert.run()
        let select = try database.prepare("SELECT text, bytes FROM thing")
        let found = try select.step()
        #expect(found)
        #expect(select.isNull(0) && select.text(0) == nil && select.bytes(1) == nil)
    }

    @Test func statementsAreUsedAgain() throws {
        let insert = try database.prepare("INSERT INTO thing (number, text) VALUES (?1, ?2)")
        for number in 1...3 as ClosedRange<Int64> {
            try insert.bind(1, number)
            try insert.bind(2, "\(number)")
            try insert.run()
        }
        #expect(throws: SQLiteError.self) { try insert.run() }
        try insert.bind(1, 4 as Int64?)
        try insert.bind(2, "four")
        try insert.run()
        let texts = try database.texts("SELECT text FROM thing ORDER BY number")
        #expect(texts == ["1", "2", "3", "four"])
    }

    @Test func transactionIsAllOrNothing() throws {
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try database.transaction {
                try database.execute("INSERT INTO thing (number) VALUES (1)")
                throw Stop()
            }
        }
        try database.transaction { try database.execute("INSERT INTO thing (number) VALUES (2)") }
        let sum = try database.integer("SELECT total(number) FROM thing")
        #expect(sum == 2)
    }

    @Test func kindsOfFailure() throws {
        try database.execute("INSERT INTO thing (number) VALUES (1)")
        expect(.constraint) { try database.execute("INSERT INTO thing (number) VALUES (1)") }
        expect(.other(code: 1)) { try database.execute("SELECT nothing FROM nowhere") }
        expect(.cannotOpen) { _ = try Database(path: directory.path("missing"), mode: .readWrite) }
        expect(.readOnly) {
            try Database(path: directory.path("test.sqlite"), mode: .readOnly).execute("DELETE FROM thing")
        }
        try directory.write("no database, whatever its name", to: "text.sqlite")
        expect(.notADatabase) {
            try Database(path: directory.path("text.sqlite"), mode: .readWrite).execute("SELECT * FROM sqlite_schema")
        }
        try database.execute("BEGIN IMMEDIATE")
        expect(.busy) {
            try Database(path: database.path, mode: .readWrite, patience: .zero).execute("DELETE FROM thing")
        }
        database.rollBack()
        try database.execute("PRAGMA max_page_count=1")
        expect(.full) { try database.execute("INSERT INTO thing (bytes) VALUES (zeroblob(100000))") }
    }

    @Test func errorNamesFileAndReason() throws {
        let error = #expect(throws: SQLiteError.self) { try database.execute("SELEC") }
        #expect(error?.description == "\(database.path): near \"SELEC\": syntax error (1)")
    }

    private func expect(_ kind: SQLiteError.Kind, _ body: () throws -> Void) {
        let error = #expect(throws: SQLiteError.self) { try body() }
        #expect(error?.kind == kind)
    }
}
