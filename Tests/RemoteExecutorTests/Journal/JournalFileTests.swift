import CommandCatalog
import Files
import Glibc
import SQLite
import TestSupport
import Testing

@testable import RemoteExecutor

/// Which files an agent takes for its journal.
@Suite(.crowd) struct JournalFileTests {
    let bench: JournalBench

    init() throws { bench = try JournalBench() }

    @Test func filesArePrivate() throws {
        let journal = try bench.open()
        try journal.commit([.accepted(bench.task(1))], now: bench.now)
        for name in ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "journal.ballast", "agent.lock"] {
            #expect(bench.mode(of: name) == 0o600, "\(name)")
        }
    }

    @Test func readableFileBecomesPrivate() throws {
        _ = try bench.open()
        chmod(bench.path, 0o644)
        let journal = try bench.open()
        try journal.commit([.accepted(bench.task(1))], now: bench.now)
        #expect(bench.mode(of: "journal.sqlite") == 0o600 && bench.mode(of: "journal.sqlite-wal") == 0o600)
    }

    @Test("A09: a second agent is refused, and names the first") func secondAgentIsRefusedAndNamesTheFirst() throws {
        let first = try bench.open()
        try expect(.inUse(pid: getpid()), "is in use by process \(getpid())")
        #expect(throws: JournalError.self) { try Journal.reset(directory: bench.directory.path) }
        try first.commit([.accepted(bench.task(1))], now: bench.now)
    }

    @Test func lockIsNotInherited() throws {
        let child: ChildProgram
        do {
            let journal = try bench.open()
            let null = open("/dev/null", O_WRONLY)
            defer { close(null) }
            child = try ChildProgram(["/bin/sleep", "600"], output: null)
            #expect(journal.state == .ok)
        }
        _ = try bench.open()
        child.end(SIGKILL)
    }

    /// What stands in the place of the journal, and what is said about it.
    private static let strangers: [(String, String, @Sendable (JournalBench) throws -> Void)] = [
        ("empty", "is empty", { try $0.directory.write("", to: "journal.sqlite") }),
        ("text", "is no journal", { try $0.directory.write("not a database at all\n", to: "journal.sqlite") }),
        (
            "garbage", "is no journal",
            { bench in
                try bench.directory.write((0..<8192).map { UInt8(truncatingIfNeeded: $0 &* 37) }, to: "journal.sqlite")
            }
        ),
        ("directory", "is no regular file", { mkdir($0.path, 0o700) }),
        ("link", "is no regular file", { symlink("/dev/null", $0.path) }),
        (
            "other program", "database of another program (application 77)",
            { bench in
                let other = try Database(path: bench.path, mode: .create)
                try other.execute("PRAGMA application_id=77; CREATE TABLE task (number)")
            }
        ),
        (
            "hard link", "has 2 hard links",
            { bench in
                _ = try bench.open()
                link(bench.path, bench.directory.path("other"))
            }
        ),
        (
            "group-writable", "may be written by group or others",
            { bench in
                _ = try bench.open()
                chmod(bench.path, 0o620)
            }
        ),
        (
            "log without its database", "is missing, but",
            { bench in
                try bench.directory.write("tasks", to: "journal.sqlite-wal")
            }
        ),
    ]

    @Test("C30: a stranger is refused and left as it is", arguments: strangers.indices)
    func strangerIsRefusedAndLeftAsItIs(index: Int) throws {
        let (name, message, prepare) = Self.strangers[index]
        try prepare(bench)
        let size = bench.size(of: "journal.sqlite")
        try expect(.refused, message, note: name)
        #expect(bench.size(of: "journal.sqlite") == size, "\(name)")
        #expect(!bench.problems().isEmpty, "\(name)")
        // What is refused can be set aside, and nothing of it is lost.
        let names = try Journal.reset(directory: bench.directory.path, now: bench.now)
        #expect(names.first?.hasSuffix("journal.sqlite.\(bench.now)") == true || size == nil, "\(name)")
        #expect(names.allSatisfy { FileTree.isThere($0) } && !names.isEmpty, "\(name)")
        _ = try bench.open()
    }

    @Test("C30: a foreign file is refused", .enabled(if: geteuid() == 0, "only root can give files away"))
    func foreignFileIsRefused() throws {
        _ = try bench.open()
        chown(bench.path, 12345, 12345)
        try expect(.refused, "belongs to user 12345, not to 0")
        chown(bench.path, 0, 0)
        chown(bench.directory.path, 12345, 12345)
        try expect(.refused, "belongs to user 12345, and this program runs as user 0; run it as that user")
    }

    @Test func directoryThatOthersMayWriteIsRefused() throws {
        chmod(bench.directory.path, 0o777)
        try expect(.refused, "chmod go-w")
        #expect(bench.size(of: "agent.lock") == nil)
    }

    @Test func missingDirectoryIsNamed() throws {
        let error = #expect(throws: JournalError.self) {
            try Journal(directory: bench.directory.path("missing"), now: bench.now)
        }
        #expect(error?.kind == .cannotOpen)
    }

    @Test("C30: a later version is refused with both numbers") func laterVersionIsRefusedWithBothNumbers() throws {
        _ = try bench.open()
        try Database(path: bench.path, mode: .readWrite).execute("PRAGMA user_version=9")
        try expect(.newer(found: 9, supported: 1), "has version 9, and this release knows versions up to 1")
        let check = Journal.check(directory: bench.directory.path)
        #expect(check.version == 9 && check.supported == 1 && check.problems.count == 1)
    }

    @Test("C30: version zero is migrated") func versionZeroIsMigrated() throws {
        try StateFile.create(bench.path)
        try Database(path: bench.path, mode: .readWrite).execute("PRAGMA application_id=\(JournalSchema.application)")
        let journal = try bench.open()
        try journal.commit([.accepted(bench.task(1))], now: bench.now)
        let version = try Database(path: bench.path, mode: .readOnly).integer("PRAGMA user_version")
        #expect(version == 1)
    }

    @Test func migrationIsAllOrNothingAndKeepsTheTasks() throws {
        do { try bench.announce(1...3, in: try bench.open()) }
        let database = try Database(path: bench.path, mode: .readWrite)
        let half = ["ALTER TABLE task ADD COLUMN colour TEXT", "ALTER TABLE nothing ADD COLUMN colour TEXT"]
        #expect(throws: SQLiteError.self) {
            try JournalSchema(steps: JournalSchema.current.steps + half).migrate(database)
        }
        let version = try database.integer("PRAGMA user_version")
        #expect(version == 1)
        #expect(throws: SQLiteError.self) { try database.integer("SELECT count(colour) FROM task") }
        let whole = JournalSchema(steps: JournalSchema.current.steps + half.prefix(1))
        try whole.migrate(database)
        let (later, rows) = try (
            database.integer("PRAGMA user_version"), database.integer("SELECT count(*) FROM task WHERE colour IS NULL")
        )
        #expect(later == 2 && rows == 3)
    }

    @Test func halfMadeJournalIsMadeAgain() throws {
        try bench.directory.write("a draft that an agent left when it was killed", to: "journal.sqlite.new")
        let journal = try bench.open()
        try journal.commit([.accepted(bench.task(1))], now: bench.now)
        #expect(bench.size(of: "journal.sqlite.new") == nil)
    }

    @Test("C30: a reset forgets, and keeps the old files") func resetForgetsAndKeepsTheOldFiles() throws {
        do { try bench.announce(1...3, in: try bench.open()) }
        let names = try Journal.reset(directory: bench.directory.path, now: bench.now)
        #expect(names == [bench.path + ".\(bench.now)"])
        let rows = try Database(path: bench.path + ".\(bench.now)", mode: .readOnly)
            .integer("SELECT count(*) FROM task")
        #expect(rows == 3)
        let journal = try bench.open()
        #expect(journal.counters.digests == 0 && journal.nextNumber == 1)
    }

    @Test func checkTellsWhatIsThereBesideARunningAgent() throws {
        let journal = try bench.open()
        try bench.announce(1...3, in: journal)
        try journal.commit([.accepted(bench.task(4)), .accepted(bench.task(5, run: 1))], now: bench.now + .seconds(1))
        let check = Journal.check(directory: bench.directory.path)
        #expect(check.problems == [])
        #expect(check.tasks == [.announced: 3, .accepted: 1, .starting: 1])
        #expect(check.version == 1 && check.oldestUnfinished == bench.now && check.highWater == bench.now)
        #expect(check.answerBytes == journal.counters.answerBytes)
        try journal.commit([.finished(number: 4, bench.finish())], now: bench.now)
        let missing = Journal.check(directory: bench.directory.path("missing"))
        #expect(missing.problems.count == 1 && missing.version == nil)
    }

    private func expect(_ kind: JournalError.Kind, _ message: String, note: String = "") throws {
        let error = #expect(throws: JournalError.self, "\(note)") { _ = try bench.open() }
        #expect(error?.kind == kind, "\(note)")
        #expect(error?.description.contains(message) == true, "\(note): \(error?.description ?? "")")
    }
}

extension JournalBench {
    fileprivate func problems() -> [String] { Journal.check(directory: directory.path).problems }
}
