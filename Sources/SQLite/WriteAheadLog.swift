internal import Glibc

/// What a database's write-ahead log holds, found out without SQLite.
///
/// SQLite reads the log up to the last whole commit before the first damage and says nothing about the rest. Here is
/// said whether there was a rest. See https://www.sqlite.org/fileformat2.html#the_write_ahead_log
public struct WriteAheadLog: Sendable, Equatable {
    /// What comes behind the last whole commit.
    public enum Tail: Sendable, Equatable {
        /// Nothing, or frames of an earlier round, which were written back long ago.
        case clean
        /// Pieces of one commit: what a loss of power in the middle of it leaves, or damage of the last one.
        case cut
        /// Whole commits behind damage; they will not be read.
        case lostCommits(Int)
        /// The log's header is damaged: nothing of it will be read.
        case noHeader
    }

    /// How many commits will be read.
    public private(set) var commits = 0
    /// How many bytes will be read.
    public private(set) var readable = 0
    /// What comes behind.
    public private(set) var tail = Tail.clean

    /// Looks at a log; nil when there is none, or an empty one.
    ///
    /// - Parameter path: Of the log: the database's with `-wal`.
    public init?(path: String) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let header = Self.read(file, count: 32, at: 0)
        guard !header.isEmpty else { return nil }
        guard header.count == 32 else {
            tail = .cut
            return
        }
        guard let walk = FrameWalk(header: header) else {
            // A file that was made longer but not written before the power went is all zero.
            tail = header.allSatisfy { $0 == 0 } ? .clean : .noHeader
            return
        }
        readable = 32
        follow(walk, in: file)
    }

    private mutating func follow(_ start: FrameWalk, in file: CInt) {
        var walk = start
        var (isWhole, later, offset) = (true, 0, 32)
        while true {
            let frame = Self.read(file, count: walk.frameSize, at: offset)
            if frame.isEmpty { break }
            offset += frame.count
            if isWhole, walk.accepts(frame) {
                guard walk.isCommit(frame) else { continue }
                (commits, readable) = (commits + 1, offset)
            } else {
                isWhole = false
                guard walk.isOfThisRound(frame) else { continue }
                tail = .cut
                if walk.isCommit(frame) { later += 1 }
            }
        }
        // Frames without the end of their commit were accepted but will not be read.
        if isWhole, readable < offset { tail = .cut }
        // The commit that is damaged ends with the first mark; a commit is begun when the one before it is durable.
        if later > 1 { tail = .lostCommits(later) }
    }

    private static func read(_ file: CInt, count: Int, at offset: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, read in
            read = max(0, pread(file, buffer.baseAddress, count, off_t(offset)))
        }
    }
}

/// The sums and salts that the frames of a log must have.
private struct FrameWalk {
    let frameSize: Int
    private let isBigEndian: Bool
    private let salts: [UInt32]
    private var sums: (UInt32, UInt32) = (0, 0)

    init?(header: [UInt8]) {
        let words = (0..<8).map { header.word(at: $0 * 4) }
        // The lowest bit of the magic number tells the byte order of the sums.
        guard words[0] & ~1 == 0x377F_0682, words[2] >= 512, words[2] <= 65536 else { return nil }
        isBigEndian = words[0] & 1 == 1
        frameSize = Int(words[2]) + 24
        salts = [words[4], words[5]]
        add(header[..<24])
        guard sums == (words[6], words[7]) else { return nil }
    }

    mutating func accepts(_ frame: [UInt8]) -> Bool {
        guard frame.count == frameSize, frame.word(at: 0) != 0 else { return false }
        guard frame.word(at: 8) == salts[0], frame.word(at: 12) == salts[1] else { return false }
        add(frame[..<8])
        add(frame[24...])
        return sums == (frame.word(at: 16), frame.word(at: 20))
    }

    /// Whether a frame ends a commit.
    func isCommit(_ frame: [UInt8]) -> Bool { frame.count == frameSize && frame.word(at: 4) != 0 }

    /// Whether a frame was not left from before the log was begun anew: then it would have other salts, both.
    func isOfThisRound(_ frame: [UInt8]) -> Bool {
        guard frame.count >= 16 else { return true }
        return frame.word(at: 8) == salts[0] || frame.word(at: 12) == salts[1]
    }

    private mutating func add(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { raw in
            for offset in stride(from: 0, to: raw.count - 7, by: 8) {
                sums.0 &+= word(raw, offset) &+ sums.1
                sums.1 &+= word(raw, offset + 4) &+ sums.0
            }
        }
    }

    private func word(_ raw: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        return isBigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word)
    }
}

extension [UInt8] {
    /// The big-endian word of the file format at an offset.
    fileprivate func word(at offset: Int) -> UInt32 {
        self[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
