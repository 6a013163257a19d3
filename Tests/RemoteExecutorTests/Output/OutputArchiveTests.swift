import Glibc
import TestSupport
import Testing

@testable import CommandCatalog
@testable import RemoteExecutor

/// What commands printed is kept compressed, within a bound.
@Suite(.crowd)
struct OutputArchiveTests {
    private let state: TemporaryDirectory
    private let runtime: TemporaryDirectory

    init() throws {
        state = try TemporaryDirectory()
        runtime = try TemporaryDirectory()
        try #require(mkdir(runtime.path("runs"), 0o700) == 0)
    }

    private func archive(most: Int = 1 << 20) -> OutputArchive {
        OutputArchive(directory: state.path, bounds: OutputBounds(mostOfAll: most))
    }

    /// The file of a run that spooled this.
    private func run(_ stdout: [UInt8]?, _ stderr: [UInt8]? = nil) throws -> RunFile {
        let run = RunID()
        try runtime.write("", to: "runs/\(run.marker)")
        if let stdout { try runtime.write(stdout, to: "runs/\(run.marker).out") }
        if let stderr { try runtime.write(stderr, to: "runs/\(run.marker).err") }
        return RunFile(runtime: runtime.path, run: run)
    }

    private func kept() -> [String] { RunBench.entries(of: state.path("output")).sorted() }

    private func left() -> [String] { RunBench.entries(of: runtime.path("runs")) }

    /// Bytes that do not get smaller.
    private func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    @Test func bothStreamsAreKeptCompressedAndTheRunsFilesGo() async throws {
        let archive = archive()
        let text = Array(String(repeating: "the same line again\n", count: 20_000).utf8)
        archive.take(try run(text, Array("err".utf8)), of: 17)
        try await eventually { left().isEmpty }
        #expect(kept() == ["17.stderr.gz", "17.stdout.gz"])
        #expect(try archive.bytes(of: 17, .stdout, at: 0, count: 1 << 20)?.bytes == text)
        #expect(try archive.bytes(of: 17, .stderr, at: 1, count: 10)?.bytes == Array("rr".utf8))
        #expect(try archive.bytes(of: 17, .stdout, at: 100_001, count: 777)?.bytes == Array(text[100_001..<100_778]))
        #expect(try archive.bytes(of: 17, .stdout, at: 1 << 30, count: 5)?.bytes == [])
        #expect(try archive.bytes(of: 18, .stdout, at: 0, count: 5)?.bytes == nil)
        let counters = archive.counters
        #expect(counters.bytes > 0 && counters.bytes < text.count / 20)
        #expect(counters.lost == 0 && counters.removed == 0)
    }

    @Test func manyThatEndAtOnceTakeTurnsAndTheOldestGiveWay() async throws {
        let archive = archive()
        let bytes = noise(200_000)
        let runs = try (0..<40).map { _ in try run(bytes) }
        for (number, run) in runs.enumerated() { archive.take(run, of: Int64(number)) }
        var most = 0
        try await eventually {
            most = max(most, kept().count { $0.hasSuffix(".part") })
            return left().isEmpty
        }
        #expect(most <= 1)
        let counters = archive.counters
        // No more than the bound waited, which is five; one or two more were in work.
        #expect(counters.lost >= 30 && counters.lost + counters.removed + kept().count == 40)
        #expect(kept().contains("39.stdout.gz"))
    }

    @Test func runWithoutSpoolOnlyLosesItsFile() async throws {
        let archive = archive()
        archive.take(try run(nil), of: 1)
        #expect(left().isEmpty)
        #expect(kept().isEmpty)
    }

    @Test func oldestTasksGiveWayWhoeverIsCompressedFirst() async throws {
        let archive = archive(most: 35_000)
        for (index, number) in [5, 3, 4, 6].enumerated() {
            archive.take(try run(noise(10_000)), of: Int64(number))
            try await eventually { archive.counters.removed + kept().filter { $0.hasSuffix(".gz") }.count == index + 1 }
        }
        #expect(kept() == ["4.stdout.gz", "5.stdout.gz", "6.stdout.gz"])
        #expect(archive.counters.removed == 1)
        #expect(archive.counters.bytes <= 35_000)
        #expect(try archive.bytes(of: 3, .stdout, at: 0, count: 5)?.bytes == nil)
        #expect(try archive.bytes(of: 4, .stdout, at: 0, count: 5)?.bytes.count == 5)
    }

    @Test func secondRunOfATaskReplacesTheFirst() async throws {
        let archive = archive()
        for seed in [1, 2] as [UInt64] {
            archive.take(try run(noise(10_000, seed: seed)), of: 9)
            try await eventually { left().isEmpty }
        }
        #expect(try archive.bytes(of: 9, .stdout, at: 0, count: 10_000)?.bytes == noise(10_000, seed: 2))
        #expect(archive.counters.bytes < 11_000)
    }

    @Test func nextAgentFindsWhatIsKeptAndRemovesHalves() async throws {
        let first = archive()
        for number in 1...3 { first.take(try run(noise(10_000, seed: UInt64(number))), of: Int64(number)) }
        try await eventually { left().isEmpty }
        try state.write("half", to: "output/4.stdout.gz.part")
        try state.write("whose?", to: "output/note.txt")
        let second = archive()
        #expect(second.counters.bytes == first.counters.bytes)
        #expect(try second.bytes(of: 2, .stdout, at: 0, count: 20_000)?.bytes == noise(10_000, seed: 2))
        #expect(kept() == ["1.stdout.gz", "2.stdout.gz", "3.stdout.gz", "note.txt"])
        // A smaller bound holds at once.
        let third = archive(most: 15_000)
        #expect(third.counters.removed == 2)
        #expect(kept() == ["3.stdout.gz", "note.txt"])
    }

    @Test func damagedFileIsAnErrorNotACrash() async throws {
        let archive = archive()
        archive.take(try run(noise(10_000)), of: 1)
        try await eventually { left().isEmpty }
        try state.write("no gzip", to: "output/1.stdout.gz")
        #expect(throws: (any Error).self) { try archive.bytes(of: 1, .stdout, at: 0, count: 10) }
        unlink(state.path("output/1.stdout.gz"))
        #expect(throws: (any Error).self) { try archive.bytes(of: 1, .stdout, at: 0, count: 10) }
    }

    enum Obstacle: String, CaseIterable { case missing, noDirectory, directoryInItsPlace }

    @Test(arguments: Obstacle.allCases)
    func whatCannotBeKeptIsCountedAndNotLeftLyingAbout(_ obstacle: Obstacle) async throws {
        let archive = archive()
        switch obstacle {
        case .missing: rmdir(state.path("output"))
        case .noDirectory:
            rmdir(state.path("output"))
            try state.write("", to: "output")
        case .directoryInItsPlace: try #require(mkdir(state.path("output/1.stdout.gz.part"), 0o700) == 0)
        }
        archive.take(try run(noise(10), noise(20)), of: 1)
        try await eventually { left().isEmpty }
        #expect(archive.counters.lost == (obstacle == .directoryInItsPlace ? 1 : 2))
        #expect(try archive.bytes(of: 1, .stdout, at: 0, count: 10)?.bytes == nil)
    }
}
