public import CommandCatalog
internal import Files
internal import Glibc

/// The audit on disk: entries become lines of the chain, at the end of a file that is put aside when it is large.
///
/// Held by one owner, on a thread that may wait for its disk. A batch is one write(2): when ``append(_:at:)`` returns, its
/// lines are with the kernel and survive the end of the process. They are on the disk, and the head record names them,
/// after ``sync(at:)``; call ``syncIfDue(at:)`` at leisure. An audit that cannot be written harms nobody: its lines are
/// counted, and a line says how many are lost when it can be written again.
public struct AuditFile: ~Copyable, Sendable {
    private let settings: AuditSettings
    private let files: AuditFiles
    private var chain: AuditChain
    /// -1 while the file cannot be written.
    private var descriptor: CInt = -1
    private var size = 0
    private var isDirty = false
    /// Lines that nobody was told of; at most a batch, and a few about the audit itself.
    private var fresh: [[UInt8]] = []
    private var unreported: Int64 = 0
    private var lossCause: AuditError?
    private var lastSync: Timestamp
    private var lastAttempt: Timestamp

    /// Lines that were written, those about the audit itself included.
    public private(set) var written = 0
    /// Entries that could not be written.
    public private(set) var lost = 0
    /// Attempts to write, to put aside, to sync or to record the head that failed.
    public private(set) var failures = 0
    /// Files that were put aside.
    public private(set) var rotations = 0
    /// Why the last attempt to write failed; `nil` when all is well.
    public private(set) var failure: AuditError?
    /// Why the last attempt to bring it to the disk failed; `nil` when all is well.
    public private(set) var syncFailure: AuditError?

    /// After a failure nothing is tried for so long.
    private static let pause: Duration = .seconds(1)

    /// Opens the audit, or begins one; what a crash left behind is repaired by a line that says so.
    ///
    /// - Throws: Why it cannot be written.
    public init(_ settings: AuditSettings, host: String, at now: Timestamp) throws(AuditError) {
        self.init(trying: settings, host: host, at: now)
        if let failure { throw failure }
    }

    /// Opens the audit if it can; else ``failure`` says why, and it is tried again with what is to be written.
    public init(trying settings: AuditSettings, host: String, at now: Timestamp) {
        self.settings = settings
        files = AuditFiles(settings.path)
        chain = AuditChain(host: host)
        (lastSync, lastAttempt) = (now, now)
        do throws(AuditError) {
            try open(at: now)
        } catch {
            fail(error)
        }
    }

    /// Whether something was written that is not on the disk yet.
    public var isUnsynced: Bool { isDirty }

    deinit {
        if descriptor >= 0 {
            fdatasync(descriptor)
            close(descriptor)
        }
    }

    /// Where the chain is.
    public var last: AuditLink { chain.last }

    /// Writes entries, in their order, in one go.
    ///
    /// - Returns: All lines that were written since the last call, also those about the audit itself.
    @discardableResult
    public mutating func append(_ entries: [AuditEntry], at now: Timestamp) -> [String] {
        guard !entries.isEmpty else { return [] }
        if isOpen(at: now), rotateIfLarge(at: now) {
            write(entries, at: now)
        } else {
            lose(entries.count)
        }
        defer { fresh = [] }
        return fresh.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Brings what was written to the disk, and then says so in the head record.
    public mutating func sync(at now: Timestamp) {
        lastSync = now
        guard isDirty, descriptor >= 0 else { return }
        do throws(AuditError) {
            guard fdatasync(descriptor) == 0 else {
                throw AuditError(settings.path, "cannot be synced: \(reason(errno))")
            }
            try AuditHead(chain.last, of: settings.path).write(to: settings.headPath)
            (isDirty, syncFailure) = (false, nil)
        } catch {
            failures += 1
            syncFailure = error
        }
    }

    /// Syncs if the last time is long enough ago.
    public mutating func syncIfDue(at now: Timestamp) {
        if isOver(settings.syncInterval, since: lastSync, now) { sync(at: now) }
    }

    /// A clock that was set back does not make it wait for ever.
    private func isOver(_ pause: Duration, since then: Timestamp, _ now: Timestamp) -> Bool {
        now < then || then + pause <= now
    }

    // Writing

    private mutating func write(_ entries: [AuditEntry], at now: Timestamp) {
        do throws(AuditError) {
            try put(lossReport(at: now) + entries)
            unreported = 0
        } catch {
            fail(error)
            lose(entries.count)
        }
    }

    /// Writes lines, or leaves the file as it was.
    private mutating func put(_ entries: [AuditEntry]) throws(AuditError) {
        var (next, bytes) = (chain, [UInt8]())
        let lines = entries.map { next.line(for: $0) }
        for line in lines { bytes += line + [newline] }
        let code = Descriptor.write(bytes, to: descriptor)
        guard code == 0 else {
            // Where even that fails, the next opening finds what is there.
            if ftruncate(descriptor, off_t(size)) != 0 { shut() }
            throw AuditError(settings.path, "cannot be written: \(reason(code))")
        }
        (chain, isDirty, failure) = (next, true, nil)
        size += bytes.count
        written += entries.count
        fresh += lines
    }

    private func lossReport(at now: Timestamp) -> [AuditEntry] {
        guard unreported > 0 else { return [] }
        var entry = AuditEntry(.lost, at: now)
        entry.missing = unreported
        entry.note = lossCause?.description
        return [entry]
    }

    private mutating func lose(_ count: Int) {
        if unreported == 0 { lossCause = failure }
        lost += count
        unreported += Int64(count)
    }

    private mutating func fail(_ error: AuditError) {
        failures += 1
        failure = error
    }

    private mutating func shut() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    // Opening

    /// Whether there is a file to write to, after an attempt to get one.
    private mutating func isOpen(at now: Timestamp) -> Bool {
        if isGone { shut() }
        if descriptor >= 0 { return true }
        guard isOver(Self.pause, since: lastAttempt, now) else { return false }
        lastAttempt = now
        do throws(AuditError) {
            try open(at: now)
            return true
        } catch {
            fail(error)
            return false
        }
    }

    /// Whether somebody removed the file.
    private var isGone: Bool {
        var status = stat()
        return descriptor >= 0 && (fstat(descriptor, &status) != 0 || status.st_nlink == 0)
    }

    private mutating func open(at now: Timestamp) throws(AuditError) {
        let (known, owed) = (chain, unreported)
        (descriptor, size) = try Descriptor.openForAppending(settings.path)
        do throws(AuditError) {
            let start = try AuditStart(files, settings, descriptor: descriptor, size: size, known: known.last)
            // Lines of a batch that was thought to be lost as a whole.
            let kept = known.last.sequence > 0 ? max(0, start.last.sequence - known.last.sequence) : 0
            unreported = max(0, unreported - kept)
            chain = AuditChain(host: chain.host, after: start.last)
            try repair(start, at: now)
        } catch {
            shut()
            // The next attempt must miss what this one missed.
            (chain, unreported) = (known, owed)
            throw error
        }
    }

    private mutating func repair(_ start: AuditStart, at now: Timestamp) throws(AuditError) {
        if !start.ending.isEmpty {
            let code = Descriptor.write(start.ending, to: descriptor)
            guard code == 0 else { throw AuditError(settings.path, reason(code)) }
            size += start.ending.count
        }
        for entry in start.entries(at: now) {
            if entry.event == .gap { chain.skip(to: start.skipTo) }
            try put([entry])
        }
    }

    // Rotation

    private mutating func rotateIfLarge(at now: Timestamp) -> Bool {
        guard size >= settings.largestFile else { return true }
        sync(at: now)
        let code = files.putAside()
        guard code == 0 else {
            // The file goes on growing: better a large audit than none.
            fail(AuditError(settings.path, "cannot be put aside: \(reason(code))"))
            return true
        }
        rotations += 1
        shut()
        lastAttempt = now
        do throws(AuditError) {
            try open(at: now)
        } catch {
            fail(error)
            return false
        }
        // The new file says what is kept; that must be on the disk before anything goes.
        if fdatasync(descriptor) == 0 { files.removeOldest(keeping: settings.keptFiles) }
        return true
    }
}
