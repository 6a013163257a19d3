internal import CSQLite

/// A connection to a database file, for one owner.
///
/// It is not `Sendable`: the owner keeps it under a lock or on one thread. It uses little memory: a page cache of
/// 512 KiB, which goes down to what is needed under ``Database/releaseMemory()``, and no memory-mapped reading.
public final class Database {
    /// How a file is opened.
    public enum Mode: Sendable {
        /// Reading only; the file must exist.
        case readOnly
        /// Reading only, without a look at the log; the file must exist, and nobody may write it.
        case immutable
        /// Reading and writing; the file must exist.
        case readWrite
        /// Reading and writing; the file is made if it is missing.
        case create
    }

    /// The file.
    public let path: String
    let handle: OpaquePointer

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: Without symbolic links.
    ///   - mode: What may be done with it.
    ///   - patience: How long a call waits for a lock of another process.
    /// - Throws: It cannot be opened. That it is no database may be noticed by the first statement only.
    public init(path: String, mode: Mode, patience: Duration = .seconds(1)) throws(SQLiteError) {
        // Several databases share the limit; it bounds the page caches, not what a statement needs.
        sqlite3_soft_heap_limit64(4 << 20)
        let access =
            switch mode {
            case .readOnly: SQLITE_OPEN_READONLY
            case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        // The owner's lock is enough.
        let flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(mode == .immutable ? Self.immutableAddress(path) : path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
            sqlite3_close_v2(opened)
            throw SQLiteError(code: code, path: path, message: message)
        }
        self.path = path
        handle = opened
        sqlite3_busy_timeout(handle, Int32(patience.components.seconds * 1000))
        try execute("PRAGMA cache_size=-512")
        try execute("PRAGMA mmap_size=0")
        try execute("PRAGMA trusted_schema=OFF")
        try execute("PRAGMA cell_size_check=ON")
    }

    /// The address of a file as https://www.sqlite.org/uri.html says.
    ///
    /// Whatever stands in the path, nothing of it is taken for an option.
    private static func immutableAddress(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var address = Array("file:".utf8)
        for byte in path.utf8 {
            let isPlain = byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") || byte >= 128 || isLetterOrDigit(byte)
            address += isPlain ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: address + Array("?immutable=1".utf8), as: UTF8.self)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return byte >= 48 && byte <= 57 || lower >= 97 && lower <= 122
    }

    deinit {
        // Statements that are still held close it when they go.
        sqlite3_close_v2(handle)
    }

    /// Executes statements that have no parameters and whose rows are of no interest.
    public func execute(_ statements: String) throws(SQLiteError) {
        try check(sqlite3_exec(handle, statements, nil, nil, nil))
    }

    /// Prepares one statement, for many uses.
    public func prepare(_ text: String) throws(SQLiteError) -> Statement {
        try Statement(text, in: self)
    }

    /// The first column of the first row of a query as an integer, or nil without a row.
    public func integer(_ query: String) throws(SQLiteError) -> Int64? {
        let statement = try prepare(query)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// The first column of all rows of a query as texts.
    public func texts(_ query: String) throws(SQLiteError) -> [String] {
        let statement = try prepare(query)
        var texts: [String] = []
        while try statement.step() { texts.append(statement.text(0) ?? "") }
        return texts
    }

    /// Does all of the body or nothing: what it wrote is durable when this returns, and gone when it throws.
    ///
    /// - Throws: What the body throws, or that the end of the transaction failed.
    public func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            rollBack()
            throw error
        }
    }

    /// Ends a transaction that failed; without one it does nothing.
    public func rollBack() {
        // A full disk or an I/O error may have rolled back already, and then there is nothing left to fail.
        if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    }

    /// How many rows the last INSERT, UPDATE or DELETE changed.
    public var changes: Int { Int(sqlite3_changes(handle)) }

    /// Gives back the memory of pages that are not in use.
    public func releaseMemory() { sqlite3_db_release_memory(handle) }

    /// Throws what SQLite says about its last call unless that went well.
    func check(_ code: Int32) throws(SQLiteError) {
        guard code != SQLITE_OK else { return }
        throw SQLiteError(
            code: sqlite3_extended_errcode(handle), path: path, message: String(cString: sqlite3_errmsg(handle)))
    }
}
