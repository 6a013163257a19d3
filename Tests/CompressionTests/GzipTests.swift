import Glibc
import TestSupport
import Testing

@testable import Compression

/// What is written compressed is read back, or an error says why not.
@Suite(.crowd)
struct GzipTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func write(_ pieces: [[UInt8]], to name: String = "x.gz") throws -> String {
        let path = directory.path(name)
        var writer = try GzipWriter(path)
        for piece in pieces { try writer.write(piece) }
        try writer.finish()
        return path
    }

    private func content(of path: String) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(file, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }

    @Test(arguments: [[], [0], [1, 0, 1], [70_000], [65_536, 65_536, 5], [1, 200_000]])
    func roundTripAtAllOffsets(sizes: [Int]) throws {
        var generator = SeededGenerator(seed: 7)
        let pieces = sizes.map { size in (0..<size).map { _ in UInt8(generator.number(below: 4)) } }
        let path = try write(pieces)
        let all = Array(pieces.joined())
        #expect(try GzipReader.bytes(of: path, at: 0, count: all.count + 10) == all)
        for _ in 0..<20 {
            let (offset, count) = (generator.number(below: all.count + 2), generator.number(below: 1000) + 1)
            #expect(
                try GzipReader.bytes(of: path, at: offset, count: count) == Array(all.dropFirst(offset).prefix(count)))
        }
    }

    @Test func textGetsSmallAndOthersReadIt() throws {
        let text = String(repeating: "a line of a log, much like the one before\n", count: 10_000)
        let path = try write([Array(text.utf8)])
        #expect(content(of: path).count < text.utf8.count / 20)
        #expect(try ChildProgram.run("/bin/gzip", "-dc", path) == text)
    }

    @Test func fileIsForOurUserOnlyAndReplacesWhatWasThere() throws {
        let path = try write([Array("long ago, and longer".utf8)])
        #expect(try write([Array("new".utf8)]) == path)
        #expect(try GzipReader.bytes(of: path, at: 0, count: 100) == Array("new".utf8))
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    /// Whoever reads to the end of a file that lacks some is told so, however much is missing.
    @Test func fileThatIsCutOffIsAnError() throws {
        let bytes = (0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 3) }
        let whole = content(of: try write([bytes]))
        for count in 0..<whole.count {
            let path = try directory.write(Array(whole.prefix(count)), to: "cut.gz")
            #expect(throws: GzipError.self, "\(count) of \(whole.count)") {
                try GzipReader.bytes(of: path, at: 0, count: bytes.count + 1)
            }
        }
    }

    @Test func flippedBitIsAnErrorOrHarmless() throws {
        let bytes = Array(String(repeating: "some text ", count: 50).utf8)
        let whole = content(of: try write([bytes]))
        for place in whole.indices {
            var flipped = whole
            flipped[place] ^= 0x10
            let path = try directory.write(flipped, to: "flipped.gz")
            // Time, system and flags in the header say nothing about the content.
            if let read = try? GzipReader.bytes(of: path, at: 0, count: bytes.count + 1) { #expect(read == bytes) }
        }
    }

    @Test(arguments: ["missing", "plain", "empty", "directory"])
    func whatIsNoSuchFileIsAnErrorThatNamesIt(name: String) throws {
        try directory.write("only text", to: "plain")
        try directory.write("", to: "empty")
        try #require(mkdir(directory.path("directory"), 0o700) == 0)
        let path = directory.path(name)
        let error = #expect(throws: GzipError.self) { try GzipReader.bytes(of: path, at: 0, count: 10) }
        #expect(error?.description.contains(path) == true)
    }

    @Test func writerWithoutADirectoryOrRoomSaysSo() throws {
        #expect(throws: GzipError.self) { _ = try GzipWriter(directory.path("missing/x.gz")) }
        let noise = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7 ^ $0 &* 31) }
        #expect(throws: GzipError.self) {
            var writer = try GzipWriter("/dev/full")
            try writer.write(noise)
            try writer.finish()
        }
    }
}
