/// What is kept of a stream: its head and its tail within a bound, and how long it was.
///
/// Memory is taken as it is needed and never exceeds the bound, however much is written.
struct CapturedOutput: Equatable, Sendable {
    /// How many bytes were written.
    private(set) var count = 0
    /// The first bytes, at most half of the bound.
    private var head: [UInt8] = []
    /// The last bytes, at most the other half: a ring once it is full.
    private var tail: [UInt8] = []
    /// Where the tail begins when it is a ring.
    private var tailStart = 0
    private let headLimit: Int
    private let tailLimit: Int

    /// Nothing so far, of which at most `limit` bytes will be kept.
    init(limit: Int) {
        let limit = max(limit, 0)
        headLimit = limit / 2
        tailLimit = limit - limit / 2
    }

    /// How many bytes of the middle are not kept.
    var omitted: Int {
        count - head.count - tail.count
    }

    /// The kept bytes of the end, in order.
    var lastBytes: [UInt8] {
        Array(tail[tailStart...]) + tail[..<tailStart]
    }

    /// The kept bytes of the beginning.
    var firstBytes: [UInt8] {
        head
    }

    /// Adds what was written next.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        count += bytes.count
        var rest = bytes[...]
        if head.count < headLimit {
            let part = rest.prefix(headLimit - head.count)
            head.append(contentsOf: part)
            rest = rest[part.endIndex...]
        }
        appendToTail(UnsafeRawBufferPointer(rebasing: rest.suffix(tailLimit)))
    }

    private mutating func appendToTail(_ bytes: UnsafeRawBufferPointer) {
        let growth = min(bytes.count, tailLimit - tail.count)
        tail.append(contentsOf: bytes[..<growth])
        let rest = UnsafeRawBufferPointer(rebasing: bytes[growth...])
        guard !rest.isEmpty else { return }
        let untilWrap = min(rest.count, tailLimit - tailStart)
        let start = tailStart
        tail.withUnsafeMutableBytes { ring in
            UnsafeMutableRawBufferPointer(rebasing: ring[start...]).copyBytes(from: rest[..<untilWrap])
            ring.copyBytes(from: rest[untilWrap...])
        }
        tailStart = (tailStart + rest.count) % tailLimit
    }

    /// Whether both kept the same and missed the same; how the tail lies in memory is of no account.
    static func == (left: CapturedOutput, right: CapturedOutput) -> Bool {
        left.count == right.count && left.head == right.head && left.lastBytes == right.lastBytes
    }
}
