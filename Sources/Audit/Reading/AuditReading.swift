/// Reading an audit without doubting it.
extension AuditFiles {
    /// Calls for every line that answers a query, the oldest first; what is no line is passed over and counted.
    ///
    /// - Parameters:
    ///   - query: Which lines.
    ///   - body: What to do with a line; `false` ends the reading.
    /// - Returns: How many lines were no lines of an audit, as far as it was read.
    /// - Throws: A file that cannot be read.
    @discardableResult
    public func forEachRecord(
        _ query: AuditQuery = AuditQuery(), _ body: (AuditRecord) -> Bool
    ) throws(AuditError) -> Int {
        var damaged = 0
        for file in existing {
            var reader = try LineReader(file)
            while let line = try reader.next() {
                guard let record = AuditRecord(line.bytes) else {
                    damaged += 1
                    continue
                }
                if query.matches(record), !body(record) { return damaged }
            }
        }
        return damaged
    }
}
