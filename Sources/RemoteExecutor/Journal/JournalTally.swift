import CommandCatalog
import SQLite

/// What the journal knows without asking its file: sums, and how far its walks have come.
struct JournalTally: Sendable, Equatable {
    var counters = Journal.Counters()
    /// One more than the largest number ever used.
    var nextNumber: Int64 = 1
    /// The highest wall clock that was made durable.
    var highWater = Timestamp(nanoseconds: 0)
    /// No stored answer up to this number may give way.
    var answersWalked: Int64 = 0
    /// No digest up to this number may give way before ``digestsBlockedUntil``.
    var digestsWalked: Int64 = 0
    var digestsBlockedUntil: Timestamp?

    /// Reads them from a file.
    init(_ database: Database) throws(SQLiteError) {
        let sums = try database.prepare("SELECT count(*), total(bytes), max(number) FROM task")
        _ = try sums.step()
        counters.digests = Int(sums.integer(0))
        counters.answerBytes = Int(sums.integer(1))
        nextNumber = max(1, sums.integer(2) + 1)
        sums.reset()
        let next = try database.integer("SELECT value FROM meta WHERE name = 'next-number'") ?? 1
        nextNumber = max(nextNumber, next)
        let highWater = try database.integer("SELECT value FROM meta WHERE name = 'high-water'") ?? 0
        self.highWater = Timestamp(nanoseconds: highWater)
    }

    /// A task is announced: a walk that passed it begins there again.
    mutating func mayGiveWay(_ number: Int64) {
        answersWalked = min(answersWalked, number - 1)
        digestsWalked = min(digestsWalked, number - 1)
    }
}
