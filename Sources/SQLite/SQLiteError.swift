internal import CSQLite

/// Why SQLite could not do what it was asked for.
public struct SQLiteError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure it was, as far as a caller may act on it.
    public enum Kind: Sendable, Equatable {
        /// No space is left, or a quota is used up.
        case full
        /// The system failed to read, write or sync.
        case ioError
        /// The file or its file system may not be written.
        case readOnly
        /// The file could not be opened or made.
        case cannotOpen
        /// What the file says contradicts itself.
        case corrupt
        /// The file is something else.
        case notADatabase
        /// Somebody else holds the lock that was needed.
        case busy
        /// A row would break a rule of its table, such as uniqueness.
        case constraint
        /// Everything else, with SQLite's primary result code.
        case other(code: Int32)
    }

    /// What kind of failure it was.
    public let kind: Kind
    /// SQLite's extended result code.
    public let code: Int32
    /// The database file.
    public let path: String
    /// SQLite's words.
    public let message: String

    /// An error with SQLite's extended result code.
    init(code: Int32, path: String, message: String) {
        kind = Kind(code: code)
        self.code = code
        self.path = path
        self.message = message
    }

    /// `/var/lib/recoverd/journal.sqlite: database or disk is full (13)`.
    public var description: String { "\(path): \(message) (\(code))" }
}

extension SQLiteError.Kind {
    /// The kind of an extended result code.
    init(code: Int32) {
        // The low byte is the primary code; see https://www.sqlite.org/rescode.html
        self =
            switch code & 0xFF {
            case SQLITE_FULL: .full
            case SQLITE_IOERR: .ioError
            case SQLITE_READONLY: .readOnly
            case SQLITE_CANTOPEN, SQLITE_PERM: .cannotOpen
            case SQLITE_CORRUPT: .corrupt
            case SQLITE_NOTADB: .notADatabase
            case SQLITE_BUSY, SQLITE_LOCKED: .busy
            case SQLITE_CONSTRAINT: .constraint
            default: .other(code: code & 0xFF)
            }
    }
}
