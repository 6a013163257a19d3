import SQLite

/// Why the journal cannot be used, or could not make something durable.
struct JournalError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure it is.
    enum Kind: Sendable, Equatable {
        /// Another agent holds the directory.
        case inUse(pid: Int32?)
        /// What was found is not a journal that this agent may trust.
        case refused
        /// A later release wrote it.
        case newer(found: Int64, supported: Int64)
        /// It contradicts itself.
        case damaged
        /// No space is left.
        case full
        /// It may not be written.
        case readOnly
        /// The system failed to read, write or sync.
        case ioError
        /// It could not be opened or made.
        case cannotOpen
        /// The limit of digests is reached, and none may give way.
        case noRoom
        /// A change does not fit what the journal knows: a mistake of the caller.
        case contradiction
        /// Everything else.
        case other
    }

    let kind: Kind
    /// The file or directory.
    let path: String
    /// What was found, and what to do.
    let message: String

    init(_ kind: Kind, _ path: String, _ message: String) {
        self.kind = kind
        self.path = path
        self.message = message
    }

    /// What SQLite says, in the journal's words.
    init(_ error: SQLiteError) {
        let kind: Kind
        let advice: String
        switch error.kind {
        case .full: (kind, advice) = (.full, "no space is left on its file system; make room")
        case .ioError: (kind, advice) = (.ioError, "its file system failed; see the kernel's log")
        case .readOnly: (kind, advice) = (.readOnly, "it may not be written; is its file system mounted read-only?")
        case .cannotOpen: (kind, advice) = (.cannotOpen, "it could not be opened")
        case .corrupt: (kind, advice) = (.damaged, "it is damaged; \(Self.wayOut)")
        case .notADatabase: (kind, advice) = (.refused, "it is no journal; \(Self.wayOut)")
        case .busy, .constraint, .other: (kind, advice) = (.other, "it could not be used")
        }
        self.init(kind, error.path, "\(advice) (\(error.message), \(error.code))")
    }

    /// Any error of the layers below.
    init(_ error: any Error, path: String) {
        self =
            switch error {
            case let error as JournalError: error
            case let error as SQLiteError: JournalError(error)
            default: JournalError(.other, path, "\(error)")
            }
    }

    /// What an operator can do about a journal that cannot be read.
    static let wayOut = "restore it, or start once with --reset-journal, which sets it aside and forgets all tasks"

    /// `/var/lib/recoverd/journal.sqlite: …`.
    var description: String { "\(path): \(message)" }
}
