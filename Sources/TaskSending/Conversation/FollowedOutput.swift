import CommandCatalog

/// The output that came while the command ran: puts the pieces together by their offsets.
///
/// Nobody signs the pieces, so anybody may have made one. A piece counts as shown before only where it lies within what was
/// shown last without a gap. Any other is shown: behind a gap, and also before it, because who jumped ahead may have been
/// somebody else, and then the real output goes on where it was. So no piece silences more than it shows itself, and
/// what comes again after a gap may be shown twice rather than not at all.
struct FollowedOutput: Equatable, Sendable {
    /// What a piece adds.
    struct Addition: Equatable {
        /// How many bytes before it never came.
        var missed: Int64
        /// The text that was not there yet.
        var text: String
    }

    /// What was shown last without a gap, of each stream.
    private var runs: [OutputStream: Range<Int64>] = [:]
    /// The text that was shown, as far as an answer can tell it.
    private var shown: [OutputStream: [UInt8]] = [:]
    /// Whether the last text of standard output ended its line.
    private(set) var hasOpenLine = false

    /// An answer tells at most 1 MiB of a stream, whose text is at most three times as long, in one or two parts.
    private static let mostTold = 4 << 20

    /// How many bytes of a stream have come, or were missed.
    func end(of stream: OutputStream) -> Int64 { runs[stream]?.upperBound ?? 0 }

    /// Whether nothing of standard output has come.
    var isEmpty: Bool { end(of: .stdout) == 0 }

    /// Takes a piece; `nil` when all of it was there before, or when it claims to be more than it brings.
    mutating func take(_ chunk: TaskEvent.Chunk) -> Addition? {
        // U+FFFD is as long as the longest that it stands for, so no text is shorter than its bytes.
        guard chunk.bytes > 0, chunk.bytes <= Int64(chunk.text.utf8.count) else { return nil }
        let (known, piece) = (runs[chunk.stream] ?? 0..<0, chunk.offset..<chunk.offset + chunk.bytes)
        let goesOn = known.lowerBound <= piece.lowerBound && piece.lowerBound <= known.upperBound
        guard !goesOn || piece.upperBound > known.upperBound else { return nil }
        runs[chunk.stream] = goesOn ? known.lowerBound..<piece.upperBound : piece
        let text = goesOn ? Self.rest(of: chunk, from: known.upperBound - piece.lowerBound) : chunk.text
        if chunk.stream == .stdout { hasOpenLine = text.utf8.last != UInt8(ascii: "\n") }
        keep(text, of: chunk.stream)
        return Addition(missed: max(0, piece.lowerBound - known.upperBound), text: text)
    }

    /// How many bytes of a stream never came, given what the agent counted in the end.
    func missing(_ output: TaskResult.Output?, of stream: OutputStream) -> Int64 {
        max(0, (output?.bytes ?? 0) - end(of: stream))
    }

    /// Whether what was shown of a stream is what the agent tells of it in the end.
    ///
    /// Where the agent has left out the middle, head and tail are compared, and nobody knows the rest.
    func agrees(with output: TaskResult.Output, on stream: OutputStream) -> Bool {
        let (told, newline) = (Array(output.text.utf8), UInt8(ascii: "\n"))
        var text = shown[stream, default: []]
        // The answer is without the last one.
        if text.last == newline { text.removeLast() }
        if text == told { return true }
        guard end(of: stream) <= output.bytes else { return false }
        return told.split(separator: newline, omittingEmptySubsequences: false).contains { line in
            guard Self.saysThatMuchIsLeftOut(line) else { return false }
            let (head, tail) = (told[..<line.startIndex], told[line.endIndex...].dropFirst())
            // The line begins on its own, whether the head ended in a newline or not.
            return text.starts(with: head.dropLast()) && text.reversed().starts(with: tail.reversed())
        }
    }

    /// Whether a line is that of the agent in place of what it has left out: `[... 17 bytes omitted ...]`.
    private static func saysThatMuchIsLeftOut(_ line: ArraySlice<UInt8>) -> Bool {
        let (begin, end) = (Array("[... ".utf8), Array(" bytes omitted ...]".utf8))
        guard line.count > begin.count + end.count, line.starts(with: begin), line.suffix(end.count) == end[...] else {
            return false
        }
        let number = line.dropFirst(begin.count).dropLast(end.count)
        return number.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private mutating func keep(_ text: String, of stream: OutputStream) {
        shown[stream, default: []] += text.utf8
        guard let count = shown[stream]?.count, count > 4 * Self.mostTold else { return }
        // Of so much an answer tells the beginning and the end.
        shown[stream]?.removeSubrange(Self.mostTold..<count - Self.mostTold)
    }

    /// Where the bytes were not UTF-8, they cannot be counted in the text; then it is shown again rather than cut.
    private static func rest(of chunk: TaskEvent.Chunk, from offset: Int64) -> String {
        guard Int64(chunk.text.utf8.count) == chunk.bytes else { return chunk.text }
        return String(decoding: chunk.text.utf8.dropFirst(Int(offset)), as: UTF8.self)
    }
}
