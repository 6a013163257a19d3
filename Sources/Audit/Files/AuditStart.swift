internal import CommandCatalog

/// What is found when an audit is opened: where its chain goes on, and what must be said about it first.
struct AuditStart {
    /// The last line.
    private(set) var last: AuditLink
    /// What must be written so that the next line begins a line.
    private(set) var ending: [UInt8] = []
    /// The number behind which lines go on, where some are missing.
    private(set) var skipTo: Int64 = 0

    private var repaired: AuditEntry?
    private var gap: AuditEntry?
    private var rotated: AuditEntry?

    /// Looks at the files.
    ///
    /// - Parameters:
    ///   - files: The files.
    ///   - settings: Where the head record is.
    ///   - descriptor: The open file.
    ///   - size: Its size.
    ///   - known: How far the audit went, as far as this process knows.
    /// - Throws: What cannot be read.
    init(
        _ files: AuditFiles, _ settings: AuditSettings, descriptor: CInt, size: Int, known: AuditLink
    ) throws(AuditError) {
        let tail = AuditFiles.tail(of: descriptor, size: size)
        last = .start
        if let link = tail.last {
            last = link
        } else if let link = try files.lastOfOlder() {
            last = link
        }
        read(tail)
        if tail.last == nil, let first = files.firstOfOlder(keeping: settings.keptFiles) {
            rotated = entry(.rotated, "the first line of a new file")
            rotated?.keptFrom = first
        }
        let isKnown = known == last
        do throws(AuditError) {
            try compare(with: known, files)
            if let head = try AuditHead(path: settings.headPath), head.isAbout(files) {
                // Who wrote the last line knows all before it.
                if !isKnown || head.link.sequence >= last.sequence { try compare(with: head.link, files) }
            }
        } catch {
            // Said, and then replaced by the next one.
            if gap == nil { gap = entry(.gap, "\(error)") }
        }
    }

    private func entry(_ event: AuditEntry.Event, _ note: String) -> AuditEntry {
        var entry = AuditEntry(event, at: Timestamp(nanoseconds: 0))
        entry.note = note
        return entry
    }

    private mutating func read(_ tail: AuditTail) {
        if tail.lacksNewline { ending = [newline] }
        guard !tail.torn.isEmpty else { return }
        if tail.torn.last != newline { ending = [newline] }
        repaired = entry(.repaired, "what stands before this line was not written to its end")
        let region = tail.torn + ending
        repaired?.torn = (region.count, AuditLink.hash(of: region))
    }

    /// Whether the files go as far as somebody knows, and are what he knows.
    private mutating func compare(with link: AuditLink, _ files: AuditFiles) throws(AuditError) {
        if link.sequence > last.sequence {
            let missing = link.sequence - last.sequence
            guard missing > gap?.missing ?? 0 else { return }
            gap = entry(.gap, "lines that were written are missing before this one")
            gap?.missing = missing
            skipTo = link.sequence
        } else if link.sequence < last.sequence {
            try find(link, files)
        } else if link != last, gap == nil {
            gap = entry(.gap, "the line before this one is not the one that was written")
        }
    }

    /// Whether a line that others stand behind is the one that somebody knows.
    private mutating func find(_ link: AuditLink, _ files: AuditFiles) throws(AuditError) {
        guard link.sequence > 0, gap == nil else { return }
        let (found, next) = try files.line(link.sequence)
        // What an earlier start has found out is told there already.
        guard found != link, next?.event != .gap else { return }
        let what = found == nil ? "is not there any more" : "is not the one that was written"
        gap = entry(.gap, "line \(link.sequence) of the audit, before this one, \(what)")
    }

    /// What must be said, in this order: each is a line of its own.
    func entries(at now: Timestamp) -> [AuditEntry] {
        [repaired, rotated, gap].compactMap { $0 }.map { entry in
            var entry = entry
            entry.time = now
            return entry
        }
    }
}
