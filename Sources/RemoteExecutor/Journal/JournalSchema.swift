import Glibc
import SQLite

/// The tables of the journal, version by version.
///
/// Version 0 is an empty database; the n-th step leads from version n to n + 1. A step that was released never changes.
struct JournalSchema: Sendable {
    /// The statements of each step.
    let steps: [String]

    /// `RCVJ`: by this SQLite files are told apart, also by file(1).
    static let application: Int64 = 0x5243_564A

    /// What this release writes.
    static let current = JournalSchema(steps: [
        // `bytes` is the sum of payload, message and detail. The columns that are looked at in walks come first. An index
        // of what is not announced would cost every commit a page, and be of use at the start only.
        """
        CREATE TABLE task (
            number INTEGER PRIMARY KEY,
            stage INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            accepted INTEGER NOT NULL,
            finished INTEGER,
            keep_until INTEGER,
            digest BLOB NOT NULL,
            started INTEGER,
            run INTEGER,
            boot TEXT NOT NULL,
            code INTEGER,
            state TEXT,
            task_id TEXT NOT NULL,
            topic TEXT NOT NULL,
            broker TEXT NOT NULL,
            payload BLOB NOT NULL,
            message TEXT,
            detail BLOB
        );
        CREATE UNIQUE INDEX task_digest ON task (digest);
        CREATE TABLE cooldown (
            service TEXT NOT NULL,
            command TEXT NOT NULL,
            until INTEGER NOT NULL,
            PRIMARY KEY (service, command)
        ) WITHOUT ROWID;
        CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        """
    ])

    /// The version that this is.
    var version: Int64 { Int64(steps.count) }

    /// Brings a database to this version, all steps or none.
    ///
    /// - Throws: It is no journal, or a later release wrote it.
    func migrate(_ database: Database) throws {
        let found = try version(of: database)
        guard found < version else { return }
        try database.transaction {
            for step in steps[Int(found)...] { try database.execute(step) }
            try database.execute("PRAGMA user_version=\(version)")
        }
    }

    /// The version of a database that this release can read or migrate.
    ///
    /// - Throws: It is no journal, or a later release wrote it.
    func version(of database: Database) throws -> Int64 {
        let application = try database.integer("PRAGMA application_id") ?? 0
        guard application == Self.application else {
            throw JournalError(
                .refused, database.path,
                "is a database of another program (application \(application)); \(JournalError.wayOut)")
        }
        let found = try database.integer("PRAGMA user_version") ?? 0
        guard (0...version).contains(found) else {
            throw JournalError(
                .newer(found: found, supported: version), database.path,
                "has version \(found), and this release knows versions up to \(version); use a release that knows it")
        }
        return found
    }

    /// Makes the file of a new journal, whole or not at all.
    func create(_ path: String, in directory: String) throws {
        // A log without its database would be taken for that of the new one.
        if let size = try StateFile.size(path + "-wal"), size > 0 {
            throw JournalError(
                .refused, path, "is missing, but \(path)-wal is there and holds tasks; \(JournalError.wayOut)")
        }
        let draft = path + ".new"
        // Left by an agent that ended in the middle of this.
        for file in [draft, draft + "-journal", draft + "-wal", draft + "-shm"] { unlink(file) }
        try StateFile.create(draft)
        try fill(draft)
        try StateFile.sync(draft)
        try StateFile.rename(draft, to: path)
        try StateFile.sync(directory)
    }

    private func fill(_ path: String) throws {
        let database = try Database(path: path, mode: .readWrite)
        try database.execute("PRAGMA auto_vacuum=INCREMENTAL")
        try database.execute("PRAGMA application_id=\(Self.application)")
        try migrate(database)
        // Written in the file: whoever opens it uses the log.
        try database.execute("PRAGMA journal_mode=WAL")
    }
}
