package import CommandCatalog

/// What stands in a row of a journal, for tools of this package that try to open damaged ones.
package struct JournalRow: Sendable {
    /// The task as it came.
    package let payload: [UInt8]
    /// What else than the four members was answered, as JSON; `nil`: nothing yet.
    package let detail: [UInt8]?

    /// Opens the journal of a directory as an agent would, and reads its unfinished and its latest tasks.
    ///
    /// - Parameters:
    ///   - directory: The state directory.
    ///   - now: The time, for what is over.
    /// - Returns: The rows; none where the journal is refused.
    package static func all(in directory: String, now: Timestamp) -> [JournalRow] {
        guard let journal = try? Journal(directory: directory, limits: .init(ballast: 0), now: now) else { return [] }
        _ = try? journal.entries(taskID: "1")
        let entries = ((try? journal.unfinished()) ?? []) + ((try? journal.latest(100)) ?? [])
        return entries.map { JournalRow(payload: $0.payload, detail: $0.detail) }
    }
}
