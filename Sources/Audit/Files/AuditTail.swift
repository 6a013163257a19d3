/// Where the end of an audit file is: its last whole line, and what was not written to its end behind it.
struct AuditTail: Equatable {
    /// The last line that is one; `nil` where there is none.
    var last: AuditLink?
    /// The bytes behind it, newlines included; empty where all is well.
    var torn: [UInt8] = []
    /// Whether the last line lacks nothing but its newline.
    var lacksNewline = false

    /// Looks at the end of a file.
    ///
    /// - Parameters:
    ///   - bytes: Its last bytes.
    ///   - isWhole: Whether that is the whole file; else its first line is only a part of one.
    init(of bytes: [UInt8], isWhole: Bool) {
        var end = bytes.count
        while end > 0 {
            let hasNewline = bytes[end - 1] == newline
            let content = bytes[..<(hasNewline ? end - 1 : end)]
            let start = content.lastIndex(of: newline).map { $0 + 1 } ?? 0
            let line = Array(content[start...])
            if start > 0 || isWhole, let record = AuditRecord(line) {
                last = AuditLink(sequence: record.sequence, line: line)
                lacksNewline = !hasNewline
                torn = Array(bytes[end...])
                return
            }
            end = start
        }
        torn = bytes
    }
}

let newline = UInt8(ascii: "\n")
