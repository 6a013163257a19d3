import CommandCatalog
import Glibc
import SQLite
import Synchronization

/// The durable truth about tasks: what was taken in, what may have been started, what was answered.
///
/// What ``commit(_:now:)`` has returned for survives a loss of power. A disk that is slow, or hangs, blocks those who
/// commit and ask for entries, and nobody else: state, counters and ``defer(_:)`` never wait for the disk.
final class Journal: Sendable {
    private let path: String
    private let store: Mutex<Disk>
    private let desk: Mutex<Desk>
    /// What the operator should know about the place and about what was found there.
    let warnings: [String]
    /// Held for the journal's life; released behind the database.
    private let lock: DirectoryLock

    /// What is behind the lock that may be held while a disk is waited for.
    private struct Disk {
        var store: JournalStore
        var ballast: Ballast
        /// The last commit failed in a way that a new handle may help against.
        var isDoubtful = false
        var isIdle = false
        /// The ballast was released and could not be made again.
        var isOnBallast = false
    }

    /// What is known without waiting.
    private struct Desk {
        var deferred: [Change] = []
        var state: State
        var tally: JournalTally
        var failedCommits = 0
        var ballastReleased = 0
        var deferredDropped = 0
    }

    /// How many changes may wait for a commit; each is one row that was not announced.
    private static let mostDeferred = 65_536

    /// Opens the journal of a directory, or makes it, and takes the directory's lock.
    ///
    /// - Throws: Another agent has it, or what is there may not be used; it is never made anew in silence.
    init(directory: String, limits: Limits = Limits(), now: Timestamp) throws(JournalError) {
        let directory = try StateFile.directory(directory)
        lock = try DirectoryLock(directory: directory)
        path = directory + "/journal.sqlite"
        var ballast = Ballast(directory: directory, size: limits.ballast)
        let held = ballast.isHeld
        let opened = try Self.open(path, in: directory, limits: limits, ballast: &ballast)
        // The draft of a new journal was smaller than the ballast, so there may be room for it only now, or not any more.
        if held == ballast.isHeld { ballast.make() }
        warnings = opened.warnings + [StateFile.warning(of: directory)].compactMap(\.self)
        let isFull = held && !ballast.isHeld
        desk = Mutex(
            Desk(state: isFull ? .full : .ok, tally: opened.store.tally, ballastReleased: isFull ? 1 : 0))
        store = Mutex(Disk(store: opened.store, ballast: ballast, isOnBallast: isFull))
    }

    /// Opens the file; on a full disk with the help of the ballast.
    private static func open(
        _ path: String, in directory: String, limits: Limits, ballast: inout Ballast
    ) throws(JournalError) -> sending (store: JournalStore, warnings: [String]) {
        do {
            return try JournalFile(path, in: directory).open(limits)
        } catch {
            // The shared memory of the log fails with an I/O error where there is no room for it.
            guard error.kind == .full || error.kind == .ioError, ballast.release() else { throw error }
        }
        return try JournalFile(path, in: directory).open(limits)
    }

    // MARK: Writing

    /// Makes changes durable, together with all that were deferred: all or none.
    ///
    /// - Throws: Nothing of the changes is kept; the deferred ones go on waiting.
    func commit(_ changes: [Change], now: Timestamp) throws(JournalError) {
        try store.withLock { disk throws(JournalError) in try commit(changes, to: &disk, now: now) }
    }

    /// Takes a change along with the next commit; for what a loss of power may forget.
    func `defer`(_ change: Change) {
        desk.withLock { desk in
            if desk.deferred.count >= Self.mostDeferred {
                // They are announced again after the next start.
                desk.deferred.removeFirst(Self.mostDeferred / 16)
                desk.deferredDropped += Self.mostDeferred / 16
            }
            desk.deferred.append(change)
        }
    }

    /// Makes the deferred changes durable.
    func flush(now: Timestamp) throws(JournalError) {
        guard desk.withLock({ !$0.deferred.isEmpty }) else { return }
        try commit([], now: now)
    }

    private func commit(_ changes: [Change], to disk: inout Disk, now: Timestamp) throws(JournalError) {
        let deferred = desk.withLock { desk in
            let deferred = desk.deferred
            desk.deferred = []
            return deferred
        }
        do {
            try reopenIfDoubtful(&disk)
            try commit(deferred, changes, to: &disk, now: now)
        } catch {
            let error = JournalError(error, path: path)
            disk.isDoubtful = error.isDoubtful
            // Others may have been deferred meanwhile; these are older.
            desk.withLock { $0.deferred.insert(contentsOf: deferred, at: 0) }
            fail(with: error)
            throw error
        }
        disk.isIdle = false
        // The room that is left goes to tasks, not to a log that says everything twice.
        if disk.isOnBallast { _ = disk.store.emptyLog() }
        succeed(disk)
    }

    /// Commits, and on a full disk makes the room that can be made.
    private func commit(_ deferred: [Change], _ changes: [Change], to disk: inout Disk, now: Timestamp) throws {
        do {
            return try disk.store.commit(deferred, changes, now: now)
        } catch let error as SQLiteError where error.kind == .full {}
        // A log that is written back needs no room: the same few pages stand in it many times.
        if disk.store.emptyLog() {
            do {
                return try disk.store.commit(deferred, changes, now: now)
            } catch let error as SQLiteError where error.kind == .full {}
        }
        if disk.ballast.release() {
            desk.withLock { $0.ballastReleased += 1 }
            disk.isOnBallast = true
            _ = disk.store.emptyLog()
        }
        try disk.store.commit(deferred, changes, now: now)
    }

    /// A handle whose reading or writing failed is replaced before the next use.
    private func reopenIfDoubtful(_ disk: inout Disk) throws {
        guard disk.isDoubtful else { return }
        // The old handle is closed behind the new one's opening: so the log is not read again from the file, where a
        // commit might be found that we reported as failed.
        disk.store = try JournalStore(path: path, limits: disk.store.limits, tally: disk.store.tally)
        disk.isDoubtful = false
    }

    private func succeed(_ disk: borrowing Disk) {
        let (tally, isFull) = (disk.store.tally, disk.isOnBallast)
        desk.withLock { desk in
            desk.tally = tally
            desk.state = isFull ? .full : .ok
        }
    }

    private func fail(with error: JournalError) {
        desk.withLock { desk in
            desk.failedCommits += 1
            switch error.kind {
            // The caller's matter: the journal is well.
            case .noRoom, .contradiction: break
            case .full: desk.state = .full
            case .readOnly: desk.state = .readOnly
            default: desk.state = .failed(error.description)
            }
        }
    }

    /// Housekeeping, about once a minute: forgets what is over, keeps the limits, writes the log back when nothing
    /// happened since the last time, and holds ballast again when there is room.
    func tidy(now: Timestamp) throws(JournalError) {
        try flush(now: now)
        var (last, more, rounds): (Int64, Bool, Int) = (0, true, 0)
        // Others may commit between two rounds.
        while more, rounds < 100 {
            rounds += 1
            more = try housekeep { disk in try disk.store.prune(now: now, behind: &last) }
        }
        try housekeep { disk in
            try disk.store.tidy(now: now, isIdle: disk.isIdle)
            disk.isIdle = true
            if disk.ballast.make() { disk.isOnBallast = false }
        }
    }

    private func housekeep<Result: Sendable>(
        _ body: (inout Disk) throws -> Result
    ) throws(JournalError) -> Result {
        try store.withLock { disk throws(JournalError) in
            do {
                try reopenIfDoubtful(&disk)
                let result = try body(&disk)
                succeed(disk)
                return result
            } catch {
                let error = JournalError(error, path: path)
                disk.isDoubtful = error.isDoubtful
                fail(with: error)
                throw error
            }
        }
    }

    // MARK: What is known without waiting

    /// One more than the largest number ever used.
    var nextNumber: Int64 { desk.withLock { $0.tally.nextNumber } }

    /// Whether the last commit could be made.
    var state: State { desk.withLock { $0.state } }

    /// What there is, and what has happened.
    var counters: Counters {
        desk.withLock { desk in
            var counters = desk.tally.counters
            counters.failedCommits = desk.failedCommits
            counters.ballastReleased = desk.ballastReleased
            counters.deferredDropped = desk.deferredDropped
            return counters
        }
    }

    /// The highest wall clock ever seen, as far as it was made durable.
    var highWater: Timestamp { desk.withLock { $0.tally.highWater } }

    // MARK: Reading

    /// Does something with the store, as the disk allows.
    func read<Result: Sendable>(_ body: (JournalStore) throws -> Result) throws(JournalError) -> Result {
        try store.withLock { disk throws(JournalError) in
            do {
                return try body(disk.store)
            } catch {
                throw JournalError(error, path: path)
            }
        }
    }
}

extension JournalError {
    /// Whether a new handle may help.
    fileprivate var isDoubtful: Bool {
        switch kind {
        case .full, .noRoom, .contradiction: false
        default: true
        }
    }
}
