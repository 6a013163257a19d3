import CommandCatalog
import SQLite

/// The statements of a journal, each prepared once.
struct JournalStatements {
    let begin: Statement
    let commit: Statement
    let insert: Statement
    let starting: Statement
    let finished: Statement
    let announced: Statement
    let setCooldown: Statement
    let cooldown: Statement
    let delete: Statement
    let dropAnswer: Statement
    let setMeta: Statement
    let walk: Statement
    let byDigest: Statement

    init(_ database: Database) throws(SQLiteError) {
        begin = try database.prepare("BEGIN IMMEDIATE")
        commit = try database.prepare("COMMIT")
        insert = try database.prepare(
            """
            INSERT INTO task (number, stage, bytes, accepted, keep_until, digest, started, run, boot, task_id, topic,
            broker, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            """
        )
        starting = try database.prepare(
            "UPDATE task SET stage = 2, run = ?2, boot = ?3, started = ?4 WHERE number = ?1 AND stage IN (1, 2)")
        finished = try database.prepare(
            """
            UPDATE task SET stage = 3, bytes = bytes + ?2, code = ?3, state = ?4, message = ?5, detail = ?6,
            finished = ?7, started = coalesce(?8, started) WHERE number = ?1 AND stage IN (1, 2)
            """
        )
        announced = try database.prepare("UPDATE task SET stage = 4 WHERE number = ?1 AND stage = 3")
        setCooldown = try database.prepare(
            "INSERT INTO cooldown VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET until = excluded.until")
        cooldown = try database.prepare("SELECT until FROM cooldown WHERE service = ?1 AND command = ?2")
        delete = try database.prepare("DELETE FROM task WHERE number = ?1")
        dropAnswer = try database.prepare(
            "UPDATE task SET bytes = 0, payload = x'', message = NULL, detail = NULL WHERE number = ?1")
        setMeta = try database.prepare(
            "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value")
        walk = try database.prepare(
            """
            SELECT number, stage, bytes, coalesce(finished, accepted), keep_until, accepted FROM task WHERE number > ?1
            ORDER BY number LIMIT ?2
            """
        )
        byDigest = try database.prepare("SELECT \(Journal.Entry.columns) FROM task WHERE digest = ?1")
    }
}

extension Statement {
    /// Executes a statement whose only parameter is a number.
    func run(_ number: Int64) throws(SQLiteError) {
        try bind(1, number)
        try run()
    }

    /// Executes the statement of a start.
    func run(_ number: Int64, _ run: Int64, _ boot: String, _ time: Int64) throws(SQLiteError) {
        try bind(1, number)
        try bind(2, run)
        try bind(3, boot)
        try bind(4, time)
        try self.run()
    }

    /// Executes the statement of a cooldown.
    func run(_ service: String, _ command: String, _ until: Int64) throws(SQLiteError) {
        try bind(1, service)
        try bind(2, command)
        try bind(3, until)
        try run()
    }

    /// Executes the statement that takes in a task.
    func run(_ acceptance: Journal.Acceptance) throws(SQLiteError) {
        let stage: Journal.Stage = acceptance.run == nil ? .accepted : .starting
        try bind(1, acceptance.number)
        try bind(2, stage.rawValue)
        try bind(3, Int64(acceptance.payload.count))
        try bind(4, acceptance.accepted.nanoseconds)
        try bind(5, acceptance.keepUntil?.nanoseconds)
        try bind(6, acceptance.digest.bytes)
        try bind(7, acceptance.run.map { _ in acceptance.accepted.nanoseconds })
        try bind(8, acceptance.run.map(Int64.init(bitPattern:)))
        try bind(9, acceptance.boot)
        try bind(10, acceptance.taskID)
        try bind(11, acceptance.commandTopic)
        try bind(12, acceptance.broker)
        try bind(13, acceptance.payload)
        try run()
    }

    /// Executes the statement of an end.
    func run(_ number: Int64, _ finish: Journal.Finish) throws(SQLiteError) {
        try bind(1, number)
        try bind(2, Int64(finish.size))
        try bind(3, Int64(finish.code))
        try bind(4, finish.state)
        try bind(5, finish.message)
        try bind(6, finish.detail)
        try bind(7, finish.finished.nanoseconds)
        try bind(8, finish.started?.nanoseconds)
        try run()
    }
}
