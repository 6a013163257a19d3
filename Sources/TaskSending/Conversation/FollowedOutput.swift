import CommandCatalog

/// The output that came while the command ran: puts the pieces together by their offsets.
struct FollowedOutput: Equatable, Sendable {
    /// What a piece adds.
    struct Addition: Equatable {
        /// How many bytes before it never came.
        var missed: Int64
        /// The text that was not there yet.
        var text: String
    }

    private var ends: [OutputStream: Int64] = [:]
    /// Whether the last text of standard output ended its line.
    private(set) var hasOpenLine = false

    /// How many bytes of a stream have come, or were missed.
    func end(of stream: OutputStream) -> Int64 { ends[stream] ?? 0 }

    /// Whether nothing of standard output has come.
    var isEmpty: Bool { end(of: .stdout) == 0 }

    /// Takes a piece; `nil` when all of it was there before.
    mutating func take(_ chunk: TaskEvent.Chunk) -> Addition? {
        let known = end(of: chunk.stream)
        let end = chunk.offset + chunk.bytes
        guard end > known else { return nil }
        ends[chunk.stream] = end
        let text = chunk.offset < known ? Self.rest(of: chunk, from: known - chunk.offset) : chunk.text
        if chunk.stream == .stdout { hasOpenLine = text.utf8.last != UInt8(ascii: "\n") }
        return Addition(missed: max(0, chunk.offset - known), text: text)
    }

    /// How many bytes of a stream never came, given what the agent counted in the end.
    func missing(_ output: TaskResult.Output?, of stream: OutputStream) -> Int64 {
        max(0, (output?.bytes ?? 0) - end(of: stream))
    }

    /// Where the bytes were not UTF-8, they cannot be counted in the text; then it is shown again rather than cut.
    private static func rest(of chunk: TaskEvent.Chunk, from offset: Int64) -> String {
        guard Int64(chunk.text.utf8.count) == chunk.bytes else { return chunk.text }
        return String(decoding: chunk.text.utf8.dropFirst(Int(offset)), as: UTF8.self)
    }
}
