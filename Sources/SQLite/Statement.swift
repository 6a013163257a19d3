internal import CSQLite

/// A prepared statement of a database, used again and again by the database's owner.
public final class Statement {
    private let handle: OpaquePointer
    private let database: Database

    init(_ text: String, in database: Database) throws(SQLiteError) {
        var prepared: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        try database.check(sqlite3_prepare_v3(database.handle, text, -1, flags, &prepared, nil))
        guard let prepared else {
            throw SQLiteError(code: SQLITE_MISUSE, path: database.path, message: "no statement in: \(text)")
        }
        handle = prepared
        self.database = database
    }

    deinit { sqlite3_finalize(handle) }

    /// Sets a parameter, counted from 1; nil is NULL.
    public func bind(_ index: Int32, _ value: Int64?) throws(SQLiteError) {
        try database.check(
            value.map { sqlite3_bind_int64(handle, index, $0) } ?? sqlite3_bind_null(handle, index))
    }

    /// Sets a parameter, counted from 1; nil is NULL.
    public func bind(_ index: Int32, _ value: String?) throws(SQLiteError) {
        guard var value else { return try database.check(sqlite3_bind_null(handle, index)) }
        let code = value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                sqlite3_bind_text(handle, index, characters.baseAddress ?? emptyText, Int32(bytes.count), copied)
            }
        }
        try database.check(code)
    }

    /// Sets a parameter, counted from 1; nil is NULL.
    public func bind(_ index: Int32, _ value: [UInt8]?) throws(SQLiteError) {
        guard let value else { return try database.check(sqlite3_bind_null(handle, index)) }
        let code = value.withUnsafeBytes { bytes in
            // Without an address SQLite would take NULL, which is something else than no bytes.
            bytes.isEmpty
                ? sqlite3_bind_zeroblob(handle, index, 0)
                : sqlite3_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count), copied)
        }
        try database.check(code)
    }

    /// Goes to the next row, and returns false behind the last one; then, and after an error, the statement is reset.
    public func step() throws(SQLiteError) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        // Repeats the error of the step, if there was one.
        try database.check(sqlite3_reset(handle))
        return false
    }

    /// Executes a statement that has no rows, and resets it.
    public func run() throws(SQLiteError) {
        while try step() {}
    }

    /// Leaves the rows that have not been looked at; a transaction of the database waits for that.
    public func reset() { sqlite3_reset(handle) }

    /// A column of the current row, counted from 0: whether it is NULL.
    public func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// A column of the current row, counted from 0; 0 when it is NULL.
    public func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// A column of the current row, counted from 0; nil when it is NULL.
    public func text(_ column: Int32) -> String? {
        bytes(column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A column of the current row, counted from 0; nil when it is NULL.
    public func bytes(_ column: Int32) -> [UInt8]? {
        guard !isNull(column) else { return nil }
        let start = sqlite3_column_blob(handle, column)
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }
}

/// SQLITE_TRANSIENT, a macro with a cast that Swift does not see: SQLite makes a copy before the call returns.
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// An address for a text without bytes, because without an address SQLite would take NULL; no byte of it is read.
private nonisolated(unsafe) let emptyText = UnsafePointer<CChar>(bitPattern: 1)
