internal import Glibc

/// Reads a file line by line, with bounded memory.
struct LineReader: ~Copyable {
    /// A line without its newline.
    struct Line {
        let bytes: [UInt8]
        /// Whether a newline stood behind it.
        let isWhole: Bool
    }

    private let path: String
    private let descriptor: CInt
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    /// Bytes of a line at most; a longer one comes in pieces.
    static let longestLine = 1024 * 1024

    init(_ path: String) throws(AuditError) {
        self.path = path
        // Without O_NONBLOCK the opening of a FIFO would wait for a writer.
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw AuditError(path, "cannot be opened: \(reason(errno))") }
    }

    deinit { close(descriptor) }

    /// The next line; `nil` at the end.
    mutating func next() throws(AuditError) -> Line? {
        var seen = start
        while true {
            if let end = buffer[seen...].firstIndex(of: newline) { return take(to: end, isWhole: true) }
            seen = buffer.count
            if isAtEnd { return start == buffer.count ? nil : take(to: buffer.count, isWhole: false) }
            if buffer.count - start >= Self.longestLine { return take(to: buffer.count, isWhole: false) }
            let moved = start
            try fill()
            seen -= moved
        }
    }

    private mutating func take(to end: Int, isWhole: Bool) -> Line {
        defer { start = isWhole ? end + 1 : end }
        return Line(bytes: Array(buffer[start..<end]), isWhole: isWhole)
    }

    private mutating func fill() throws(AuditError) {
        buffer.removeFirst(start)
        start = 0
        var piece = [UInt8](repeating: 0, count: 65_536)
        var count = read(descriptor, &piece, piece.count)
        while count < 0, errno == EINTR { count = read(descriptor, &piece, piece.count) }
        guard count >= 0 else { throw AuditError(path, "cannot be read: \(reason(errno))") }
        isAtEnd = count == 0
        buffer += piece[..<count]
    }
}
