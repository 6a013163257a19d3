import CommandCatalog
import SQLite

extension Journal.Entry {
    /// The columns of a row, in the order in which it is read.
    static let columns = """
        number, stage, digest, task_id, payload, topic, broker, accepted, keep_until, run, boot, started, finished, \
        code, state, message, detail
        """

    /// A row of a query for ``columns``.
    init(_ row: Statement) {
        self.init(
            number: row.integer(0),
            // A number that no release wrote is taken as the least that is promised about it: its end is not known.
            stage: Journal.Stage(rawValue: row.integer(1)) ?? .starting,
            digest: row.digest(2),
            taskID: row.text(3) ?? "",
            payload: row.bytes(4) ?? [],
            commandTopic: row.text(5) ?? "",
            broker: row.text(6) ?? "",
            accepted: Timestamp(nanoseconds: row.integer(7)),
            keepUntil: row.time(8),
            run: row.isNull(9) ? nil : UInt64(bitPattern: row.integer(9)),
            boot: row.text(10) ?? "",
            started: row.time(11),
            finished: row.time(12),
            code: row.isNull(13) ? nil : Int(row.integer(13)),
            state: row.text(14),
            message: row.text(15),
            detail: row.bytes(16)
        )
    }
}

extension Statement {
    /// A column with a digest.
    fileprivate func digest(_ column: Int32) -> TaskDigest {
        // Bytes that no release wrote are the digest of no task.
        guard let digest = TaskDigest(bytes: bytes(column) ?? []) ?? TaskDigest(bytes: [UInt8](repeating: 0, count: 32))
        else { preconditionFailure("a digest has 32 bytes") }
        return digest
    }

    /// A column with nanoseconds; nil when it is NULL.
    fileprivate func time(_ column: Int32) -> Timestamp? {
        isNull(column) ? nil : Timestamp(nanoseconds: integer(column))
    }
}

extension JournalStore {
    /// The row of a digest.
    func entry(_ digest: TaskDigest) throws(SQLiteError) -> Journal.Entry? {
        let statement = statements.byDigest
        try statement.bind(1, digest.bytes)
        defer { statement.reset() }
        return try statement.step() ? Journal.Entry(statement) : nil
    }

    /// The rows of a query that is not asked often; `rest` is what stands behind the table's name.
    func entries(_ rest: String, _ bind: (Statement) throws(SQLiteError) -> Void = { _ in }) throws -> [Journal.Entry] {
        let statement = try database.prepare("SELECT \(Journal.Entry.columns) FROM task \(rest)")
        try bind(statement)
        var entries: [Journal.Entry] = []
        while try statement.step() { entries.append(Journal.Entry(statement)) }
        return entries
    }

    /// The numbers of announced tasks by their runs, from a number on.
    func announcedRuns(since first: Int64) throws(SQLiteError) -> [UInt64: Int64] {
        let statement = try database.prepare(
            "SELECT run, number FROM task WHERE number >= ?1 AND stage = 4 AND run IS NOT NULL")
        try statement.bind(1, first)
        var numbers: [UInt64: Int64] = [:]
        while try statement.step() { numbers[UInt64(bitPattern: statement.integer(0))] = statement.integer(1) }
        return numbers
    }

    /// Until when a command may not run.
    func cooldown(_ service: String, _ command: String) throws(SQLiteError) -> Timestamp? {
        let statement = statements.cooldown
        try statement.bind(1, service)
        try statement.bind(2, command)
        defer { statement.reset() }
        return try statement.step() ? Timestamp(nanoseconds: statement.integer(0)) : nil
    }
}
