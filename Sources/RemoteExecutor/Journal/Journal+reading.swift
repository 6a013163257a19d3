import CommandCatalog
import SQLite

extension Journal {
    /// Tasks that are not announced yet, oldest first.
    func unfinished() throws(JournalError) -> [Entry] {
        try read { try $0.entries("WHERE stage < 4 ORDER BY number") }
    }

    /// What is known about a digest; nil also when its task is announced and its horizon is over.
    func entry(_ digest: TaskDigest, now: Timestamp) throws(JournalError) -> Entry? {
        try read { store in
            guard let entry = try store.entry(digest), !store.isOver(entry, now: now) else { return nil }
            return entry
        }
    }

    /// The task with a number.
    func entry(number: Int64) throws(JournalError) -> Entry? {
        try read { store in
            try store.entries("WHERE number = ?1") { row throws(SQLiteError) in try row.bind(1, number) }.first
        }
    }

    /// The numbers of announced tasks by their runs; of the latest ten thousand tasks.
    func announcedRuns() throws(JournalError) -> [UInt64: Int64] {
        let first = nextNumber - 10_000
        return try read { store in try store.announcedRuns(since: first) }
    }

    /// The latest tasks, latest first.
    func latest(_ count: Int) throws(JournalError) -> [Entry] {
        try read { store in
            try store.entries("ORDER BY number DESC LIMIT ?1") { row throws(SQLiteError) in
                try row.bind(1, Int64(count))
            }
        }
    }

    /// The latest tasks with an id (as JSON text), latest first; at most a hundred.
    ///
    /// All rows are looked at, because an index of the ids would cost every task a page; others may commit in between.
    func entries(taskID: String) throws(JournalError) -> [Entry] {
        var found: [Entry] = []
        var end = nextNumber
        while end > 0, found.count < 100 {
            let (start, limit) = (end - 10_000, Int64(100 - found.count))
            found += try read { store in
                try store.entries(
                    "WHERE number >= ?1 AND number < ?2 AND task_id = ?3 ORDER BY number DESC LIMIT ?4"
                ) { row throws(SQLiteError) in
                    try row.bind(1, start)
                    try row.bind(2, end)
                    try row.bind(3, taskID)
                    try row.bind(4, limit)
                }
            }
            end = start
        }
        return found
    }

    /// Until when a command may not run; nil when nothing was said about it, and perhaps when that time is over.
    func cooldown(service: String, command: String) throws(JournalError) -> Timestamp? {
        try read { try $0.cooldown(service, command) }
    }
}
