/// Reading an audit without doubting it.
extension AuditFiles {
    /// Calls for every line that answers a query, the oldest first; what is no line is passed over.
    ///
    /// - Parameters:
    ///   - query: Which lines.
    ///   - body: What to do with a line; `false` ends the reading.
    /// - Throws: A file that cannot be read.
    public func forEachRecord(_ query: AuditQuery = AuditQuery(), _ body: (AuditRecord) -> Bool) throws(AuditError) {
        for file in existing {
            var reader = try LineReader(file)
            while let line = try reader.next() {
                guard let record = AuditRecord(line.bytes), query.matches(record) else { continue }
                guard body(record) else { return }
            }
        }
    }
}
