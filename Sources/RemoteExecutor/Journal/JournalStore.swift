import CommandCatalog
import SQLite

/// The journal's database with its statements and sums, for one caller at a time.
struct JournalStore {
    let database: Database
    let limits: Journal.Limits
    var statements: JournalStatements
    var tally: JournalTally

    /// Opens the file, which must exist, and brings it to this release's version.
    ///
    /// - Parameters:
    ///   - path: Without symbolic links.
    ///   - limits: What is kept at most.
    ///   - schema: What this release writes.
    ///   - tally: Of an earlier handle, after its last commit; nil: the whole file is read.
    /// - Throws: It is no journal, damaged, or from a later release.
    init(path: String, limits: Journal.Limits, schema: JournalSchema = .current, tally: JournalTally? = nil) throws {
        let opened = try Database(path: path, mode: .readWrite)
        try schema.migrate(opened)
        try opened.execute("PRAGMA synchronous=FULL")
        // 512 KiB of log. What a large commit needed beyond is given back; not more, because a log that grows again makes
        // every sync write the file's size, too.
        try opened.execute("PRAGMA wal_autocheckpoint=128")
        try opened.execute("PRAGMA journal_size_limit=1048576")
        database = opened
        self.limits = limits
        statements = try JournalStatements(opened)
        self.tally = try tally ?? JournalTally(opened)
    }

    /// Makes changes durable, all or none.
    ///
    /// - Parameters:
    ///   - deferred: What waited for this commit, older than the changes.
    ///   - changes: In their order.
    ///   - now: The wall clock.
    /// - Throws: Nothing of them is kept.
    mutating func commit(_ deferred: [Journal.Change], _ changes: [Journal.Change], now: Timestamp) throws {
        let before = tally
        do {
            try statements.begin.run()
            for change in deferred { try apply(change, now: now) }
            for change in changes { try apply(change, now: now) }
            try enforceLimits(now: now)
            try raiseHighWater(now, by: .seconds(60))
            try statements.commit.run()
            tally.counters.commits += 1
        } catch {
            undo(to: before)
            throw error
        }
    }

    /// Does something else in a transaction of its own.
    mutating func transaction(_ body: (inout JournalStore) throws -> Void) throws {
        let before = tally
        do {
            try statements.begin.run()
            try body(&self)
            try statements.commit.run()
        } catch {
            undo(to: before)
            throw error
        }
    }

    private mutating func undo(to before: JournalTally) {
        database.rollBack()
        tally = before
    }

    private mutating func apply(_ change: Journal.Change, now: Timestamp) throws {
        switch change {
        case .accepted(let acceptance): try insert(acceptance, now: now)
        case .starting(let number, let run, let boot, let time):
            try statements.starting.run(number, Int64(bitPattern: run), boot, time.nanoseconds)
            try requireChange("start", number)
        case .finished(let number, let finish): try end(number, finish)
        case .announced(let number):
            try statements.announced.run(number)
            if database.changes == 0 { tally.counters.misfits += 1 }
            tally.mayGiveWay(number)
        case .cooldown(let service, let command, let until):
            try statements.setCooldown.run(service, command, until.nanoseconds)
        }
    }

    private mutating func insert(_ acceptance: Journal.Acceptance, now: Timestamp) throws {
        do {
            try statements.insert.run(acceptance)
        } catch {
            guard error.kind == .constraint else { throw error }
            guard try remove(replacedBy: acceptance, now: now) else {
                throw JournalError(
                    .contradiction, database.path, "the task \(acceptance.number), or its digest, is in it already")
            }
            try statements.insert.run(acceptance)
        }
        tally.counters.digests += 1
        tally.counters.answerBytes += acceptance.payload.count
        tally.nextNumber = max(tally.nextNumber, acceptance.number + 1)
    }

    /// Removes the row of a task whose time is over, so that the digest may come again.
    private mutating func remove(replacedBy acceptance: Journal.Acceptance, now: Timestamp) throws -> Bool {
        guard let old = try entry(acceptance.digest), isOver(old, now: now) else { return false }
        try delete(old.number, bytes: old.size)
        tally.counters.pruned += 1
        return true
    }

    /// Whether a task's digest is no longer remembered.
    func isOver(_ entry: Journal.Entry, now: Timestamp) -> Bool {
        guard entry.stage == .announced else { return false }
        if let keepUntil = entry.keepUntil, keepUntil > now { return false }
        return (entry.finished ?? entry.accepted) + limits.horizon <= now
    }

    private mutating func end(_ number: Int64, _ finish: Journal.Finish) throws {
        try statements.finished.run(number, finish)
        guard database.changes == 1 else {
            tally.counters.misfits += 1
            return
        }
        tally.counters.answerBytes += finish.size
    }

    /// A start that the journal does not know of must not happen.
    private func requireChange(_ what: String, _ number: Int64) throws {
        guard database.changes == 0 else { return }
        throw JournalError(.contradiction, database.path, "the \(what) of task \(number) does not fit its row")
    }

    /// Deletes a row.
    mutating func delete(_ number: Int64, bytes: Int) throws {
        // The largest number may be deleted, and is never given again.
        try setMeta("next-number", tally.nextNumber)
        try statements.delete.run(number)
        tally.counters.digests -= 1
        tally.counters.answerBytes -= bytes
    }

    /// Makes the highest wall clock durable where it is this much higher than before.
    mutating func raiseHighWater(_ now: Timestamp, by step: Duration) throws {
        guard tally.highWater + step < now else { return }
        try setMeta("high-water", now.nanoseconds)
        tally.highWater = now
    }

    private func setMeta(_ name: String, _ value: Int64) throws {
        try statements.setMeta.bind(1, name)
        try statements.setMeta.bind(2, value)
        try statements.setMeta.run()
    }
}

extension Journal.Finish {
    /// What it adds to the bytes of its row.
    var size: Int { message.utf8.count + detail.count }
}

extension Journal.Entry {
    /// The bytes of its row that are counted.
    var size: Int { payload.count + (message?.utf8.count ?? 0) + (detail?.count ?? 0) }
}
