import CommandCatalog
import Files
import SQLite

/// What a look at a journal finds, with or without an agent that uses it.
struct JournalCheck: Sendable, Equatable {
    /// The version of the file; nil when it could not be read.
    var version: Int64?
    /// The latest version that this release knows.
    var supported = JournalSchema.current.version
    /// What is wrong, with what to do; nothing when all is well.
    var problems: [String] = []
    /// What kept us from looking further.
    var failure: JournalError?
    /// Tasks by stage.
    var tasks: [Journal.Stage: Int] = [:]
    /// When the oldest task was accepted that is not announced.
    var oldestUnfinished: Timestamp?
    /// Bytes of payloads, messages and details.
    var answerBytes = 0
    /// The highest wall clock that was made durable.
    var highWater: Timestamp?

    /// Looks at the journal of a directory.
    init(directory: String) {
        do {
            let directory = try StateFile.directory(directory)
            let file = JournalFile(directory + "/journal.sqlite", in: directory)
            try file.examine()
            if let warning = file.logWarning(try file.examineLog()) { problems.append(warning) }
            try look(at: file)
        } catch {
            let error = JournalError(error, path: directory)
            failure = error
            problems.append(error.description)
        }
    }

    private mutating func look(at file: JournalFile) throws {
        do {
            try look(at: Database(path: file.path, mode: .readOnly))
        } catch let error as SQLiteError
            where error.kind == .cannotOpen && WriteAheadLog(path: file.path + "-wal") == nil
        {
            // The log cannot be made on a read-only file system, and is not needed there.
            try look(at: Database(path: file.path, mode: .immutable))
        }
    }

    private mutating func look(at database: Database) throws {
        version = try database.integer("PRAGMA user_version")
        let findings = try database.texts("PRAGMA integrity_check")
        if findings != ["ok"] { problems += findings.map { "\(database.path): \($0)" } }
        // Says what is wrong with the version, if something is.
        guard try JournalSchema.current.version(of: database) == supported else { return }
        let counts = try database.prepare("SELECT stage, count(*), total(bytes) FROM task GROUP BY stage")
        while try counts.step() {
            guard let stage = Journal.Stage(rawValue: counts.integer(0)) else {
                problems.append(
                    "\(database.path): \(counts.integer(1)) tasks have the unknown stage \(counts.integer(0))")
                continue
            }
            tasks[stage] = Int(counts.integer(1))
            answerBytes += Int(counts.integer(2))
        }
        oldestUnfinished = try database.integer("SELECT min(accepted) FROM task WHERE stage < 4 HAVING count(*) > 0")
            .map(Timestamp.init(nanoseconds:))
        highWater = try database.integer("SELECT value FROM meta WHERE name = 'high-water'")
            .map(Timestamp.init(nanoseconds:))
    }
}

extension Journal {
    /// Looks at the journal of a directory without changing it, also while an agent uses it.
    static func check(directory: String) -> JournalCheck { JournalCheck(directory: directory) }

    /// Sets a journal aside, so that the next agent begins a new one and knows nothing about earlier tasks.
    ///
    /// - Parameters:
    ///   - directory: No agent may use it.
    ///   - now: Goes into the new names, `journal.sqlite.<time>`.
    /// - Returns: The new names; none where there was no journal.
    /// - Throws: An agent uses the directory, or the files cannot be renamed.
    @discardableResult
    static func reset(directory: String, now: Timestamp = .now) throws(JournalError) -> [String] {
        let directory = try StateFile.directory(directory)
        let lock = try DirectoryLock(directory: directory)
        let path = directory + "/journal.sqlite"
        let aside = "\(path).\(now)"
        var names: [String] = []
        // The names stay such that SQLite finds the log of the database.
        for suffix in ["", "-wal", "-shm"] where FileTree.isThere(path + suffix) {
            guard !FileTree.isThere(aside + suffix) else {
                throw JournalError(.refused, aside + suffix, "is there already; wait a second and try again")
            }
            try StateFile.rename(path + suffix, to: aside + suffix)
            names.append(aside + suffix)
        }
        try StateFile.sync(directory)
        _ = consume lock
        return names
    }
}
