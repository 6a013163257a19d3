internal import Digest

/// What is kept of a stream for the answer: its head and its tail within a bound, and how long it was.
struct RunOutput: Equatable, Sendable {
    /// How many bytes were written.
    let count: Int
    /// The kept bytes of the beginning.
    let firstBytes: [UInt8]
    /// The kept bytes of the end; empty when the beginning is all.
    let lastBytes: [UInt8]

    /// How many bytes, from the first on, can be fetched.
    let fetchable: Int

    /// What these are known by; `nil` where nobody counted.
    var digest: SHA256?

    /// Nothing.
    static let empty = RunOutput(count: 0, firstBytes: [], lastBytes: [], fetchable: 0)

    /// What is kept of a stream of `count` bytes.
    init(count: Int, firstBytes: [UInt8], lastBytes: [UInt8], fetchable: Int) {
        self.fetchable = fetchable
        self.count = count
        self.firstBytes = firstBytes
        self.lastBytes = lastBytes
    }

    /// A stream that is at hand as a whole, of which at most `limit` bytes are kept.
    init(_ bytes: [UInt8], limit: Int) {
        guard bytes.count > limit else {
            self.init(count: bytes.count, firstBytes: bytes, lastBytes: [], fetchable: bytes.count)
            return
        }
        self.init(
            count: bytes.count,
            firstBytes: Array(bytes.prefix(limit / 2)), lastBytes: Array(bytes.suffix(limit - limit / 2)),
            fetchable: limit / 2
        )
    }

    /// How many bytes are kept.
    var kept: Int { firstBytes.count + lastBytes.count }

    /// How many bytes of the middle are not kept.
    var omitted: Int { count - kept }
}
