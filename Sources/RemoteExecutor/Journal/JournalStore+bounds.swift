import CommandCatalog
import SQLite

/// A row as a walk sees it.
private struct WalkedRow {
    let number: Int64
    let isAnnounced: Bool
    let bytes: Int
    let ended: Timestamp
    let keepUntil: Timestamp?
    let accepted: Timestamp

    init(_ statement: Statement) {
        number = statement.integer(0)
        isAnnounced = statement.integer(1) == Journal.Stage.announced.rawValue
        bytes = Int(statement.integer(2))
        ended = Timestamp(nanoseconds: statement.integer(3))
        keepUntil = statement.isNull(4) ? nil : Timestamp(nanoseconds: statement.integer(4))
        accepted = Timestamp(nanoseconds: statement.integer(5))
    }
}

extension JournalStore {
    /// How many rows a commit looks at for those that give way: a millisecond at most.
    private static let longestWalk: Int64 = 4096
    /// How many stored answers give way in one commit; ``tidy(now:)`` does more.
    private static let answersPerCommit = 32
    /// How many rows are pruned before others may commit: some 10 ms where the file is large.
    private static let prunedAtOnce = 100

    /// Keeps the limits; called before each commit.
    ///
    /// - Throws: The limit of digests is reached and none may give way.
    mutating func enforceLimits(now: Timestamp) throws {
        if tally.counters.digests > limits.digests { try giveDigestsWay(now: now) }
        if tally.counters.answerBytes > limits.answerBytes { try giveAnswersWay(Self.answersPerCommit) }
    }

    private mutating func giveDigestsWay(now: Timestamp) throws {
        if let until = tally.digestsBlockedUntil, until <= now {
            (tally.digestsWalked, tally.digestsBlockedUntil) = (0, nil)
        }
        var chosen: [WalkedRow] = []
        var tooMany = tally.counters.digests - limits.digests
        try walk(from: tally.digestsWalked) { row, tally in
            tally.digestsWalked = row.number
            if row.isAnnounced {
                if let until = row.keepUntil, until > now {
                    tally.digestsBlockedUntil = min(tally.digestsBlockedUntil ?? until, until)
                } else {
                    chosen.append(row)
                    tooMany -= 1
                }
            }
            return tooMany > 0
        }
        guard tooMany <= 0 else {
            throw JournalError(
                .noRoom, database.path,
                "keeps \(limits.digests) tasks, and none of them may be forgotten yet; send less, or later")
        }
        for row in chosen {
            try delete(row.number, bytes: row.bytes)
            tally.counters.digestsGivenWay += row.ended + limits.horizon > now ? 1 : 0
            tally.counters.pruned += row.ended + limits.horizon > now ? 0 : 1
        }
    }

    private mutating func giveAnswersWay(_ count: Int) throws {
        var chosen: [WalkedRow] = []
        var tooMany = tally.counters.answerBytes - limits.answerBytes
        try walk(from: tally.answersWalked) { row, tally in
            tally.answersWalked = row.number
            if row.isAnnounced, row.bytes > 0 {
                chosen.append(row)
                tooMany -= row.bytes
            }
            return tooMany > 0 && chosen.count < count
        }
        for row in chosen {
            try statements.dropAnswer.run(row.number)
            tally.counters.answerBytes -= row.bytes
            tally.counters.answersGivenWay += 1
        }
    }

    /// Looks at rows in the order of their numbers while the body returns true.
    private mutating func walk(
        from number: Int64, _ body: (WalkedRow, inout JournalTally) -> Bool
    ) throws(SQLiteError) {
        let statement = statements.walk
        try statement.bind(1, number)
        try statement.bind(2, Self.longestWalk)
        while try statement.step() {
            guard body(WalkedRow(statement), &tally) else { return statement.reset() }
        }
    }

    /// One step of the housekeeping: forgets tasks whose time is over, oldest first.
    ///
    /// - Parameters:
    ///   - now: The wall clock.
    ///   - number: Behind which it looks; it is set to the last one that was looked at.
    /// - Returns: Whether there may be more.
    /// - Throws: The step was not made.
    mutating func prune(now: Timestamp, behind number: inout Int64) throws -> Bool {
        var last = number
        var more = false
        try transaction { store in
            var chosen: [WalkedRow] = []
            var seen: Int64 = 0
            let horizon = store.limits.horizon
            try store.walk(from: last) { row, _ in
                (last, seen) = (row.number, seen + 1)
                let isKept = row.keepUntil.map { $0 > now } ?? false
                if row.isAnnounced, !isKept, row.ended + horizon <= now { chosen.append(row) }
                // Numbers are in the order of acceptance: all behind are as young.
                return chosen.count < Self.prunedAtOnce && row.accepted + horizon <= now
            }
            for row in chosen { try store.delete(row.number, bytes: row.bytes) }
            store.tally.counters.pruned += chosen.count
            more = chosen.count == Self.prunedAtOnce || seen == Self.longestWalk
        }
        number = last
        return more
    }

    /// Writes the log back to the file and makes it empty.
    ///
    /// - Returns: Whether that could be done.
    func emptyLog() -> Bool {
        // The first column says whether somebody who reads was in the way.
        (try? database.integer("PRAGMA wal_checkpoint(TRUNCATE)")) == 0
    }

    /// The rest of the housekeeping.
    ///
    /// - Parameters:
    ///   - now: The wall clock.
    ///   - isIdle: Nothing was committed for a while: the log is written back and becomes empty.
    /// - Throws: A part of it was not done.
    mutating func tidy(now: Timestamp, isIdle: Bool) throws {
        if tally.counters.answerBytes > limits.answerBytes {
            try transaction { try $0.giveAnswersWay(256) }
        }
        let isClockAhead = tally.highWater + .seconds(60) < now
        let hasCooldowns = try database.integer("SELECT 1 FROM cooldown WHERE until <= \(now.nanoseconds)") != nil
        if isClockAhead || hasCooldowns {
            try transaction { store in
                try store.raiseHighWater(now, by: .seconds(60))
                try store.database.execute("DELETE FROM cooldown WHERE until <= \(now.nanoseconds)")
            }
        }
        // At most 1 MiB is given back to the file system at a time.
        try database.execute("PRAGMA incremental_vacuum(256)")
        guard isIdle else { return }
        // What cannot be done now is done the next time.
        _ = emptyLog()
        database.releaseMemory()
    }
}
