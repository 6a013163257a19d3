import CommandCatalog
import Glibc
import SQLite

/// The file of a journal in its directory, which must be one, ours, and whole.
struct JournalFile {
    let path: String
    private let directory: String
    private let schema: JournalSchema

    /// Up to this size the whole file is checked at every start, in some 50 ms; `recoverctl state check` checks larger
    /// ones.
    private static let largestChecked = 4 << 20

    /// The file, there or not.
    ///
    /// - Parameters:
    ///   - path: Without symbolic links.
    ///   - directory: That of the file.
    ///   - schema: What this release writes.
    init(_ path: String, in directory: String, schema: JournalSchema = .current) {
        self.path = path
        self.directory = directory
        self.schema = schema
    }

    /// Opens the journal, or makes it where there is none.
    ///
    /// - Returns: The store, and what the operator should know.
    /// - Throws: What is there may not be used, with what to do.
    func open(_ limits: Journal.Limits) throws(JournalError) -> sending (store: JournalStore, warnings: [String]) {
        do {
            if try StateFile.size(path) == nil { try schema.create(path, in: directory) }
            try examine()
            let warnings = [logWarning(try examineLog())].compactMap(\.self)
            let store = try JournalStore(path: path, limits: limits, schema: schema)
            if try StateFile.size(path) ?? 0 <= Self.largestChecked { try Self.checkIntegrity(of: store.database) }
            return (store, warnings)
        } catch {
            throw JournalError(error, path: path)
        }
    }

    /// Looks at the files without opening them.
    ///
    /// - Throws: They are not ours alone, or no database.
    func examine() throws(JournalError) {
        guard let size = try StateFile.size(path) else {
            throw JournalError(.cannotOpen, path, "is not there")
        }
        guard size > 0 else {
            throw JournalError(.refused, path, "is empty, so the tasks that it held are lost; \(JournalError.wayOut)")
        }
        for suffix in ["-wal", "-shm"] { _ = try StateFile.size(path + suffix) }
        // Nobody else may read what is printed by commands; the other files get the rights of this one.
        guard chmod(path, 0o600) == 0 || errno == EROFS else { throw StateFile.failure(path, "cannot be made private") }
    }

    /// Looks at the log without changing it.
    ///
    /// - Throws: None of it can be read.
    func examineLog() throws(JournalError) -> WriteAheadLog? {
        let log = WriteAheadLog(path: path + "-wal")
        guard log?.tail != .noHeader else {
            throw JournalError(
                .damaged, path + "-wal",
                "its header is damaged, so the last tasks cannot be read; \(JournalError.wayOut)")
        }
        return log
    }

    /// What to say about the end of a log.
    func logWarning(_ log: WriteAheadLog?) -> String? {
        switch log?.tail {
        case .cut:
            "\(path)-wal ends within a commit, which is not kept: the power went in the middle of it, or it is damaged"
        case .lostCommits(let count):
            "\(path)-wal is damaged: its last \(count) commits are lost, and tasks in them may be run again if they come "
                + "again; check the disk"
        case .clean, .noHeader, nil: nil
        }
    }

    private static func checkIntegrity(of database: Database) throws {
        let findings = try database.texts("PRAGMA integrity_check(1)")
        guard findings == ["ok"] else {
            let finding = findings.first ?? "no answer"
            throw JournalError(.damaged, database.path, "is damaged (\(finding)); \(JournalError.wayOut)")
        }
    }
}
