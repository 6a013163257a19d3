import CommandCatalog
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import RemoteExecutor

/// What a process prints is what is told.
@Suite(.crowd)
struct OutputTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let line: String
        let message: String
        let code: Int32
        var testDescription: String { line }

        init(_ line: String, _ message: String, code: Int32 = 0) {
            (self.line, self.message, self.code) = (line, message, code)
        }
    }

    @Test(arguments: [
        Row("printf foo", "foo"),
        Row("printf foo; exit 3", "foo", code: 3),
        Row("printf '\\n\\n\\n'", "\n\n"),
        Row("printf 'a\\r\\nb\\r\\n'", "a\r\nb\r"),
        Row("printf 'a\\377b\\n'", "a\u{FFFD}b"),
        Row("printf 'a\\000b'; exit 9", "a\0b", code: 9),
        Row("printf '\\303'; sleep 0.1; printf '\\244'", "ä"),
        Row("echo '{\"task_id\":1,\"code\":0}'; exit 1", "{\"task_id\":1,\"code\":0}", code: 1),
        Row("cat", ""),
        Row("echo out; exec >&-; sleep 0.1; exit 2", "out", code: 2),
        Row("exec >&- 2>&-; sleep 0.2; exit 6", "", code: 6),
    ])
    func outputAndCodeAreExact(_ row: Row) async throws {
        let outcome = try await RunBench().shell(row.line)
        #expect(Array(outcome.stdout.message.utf8) == Array(row.message.utf8))
        #expect(outcome.code == row.code)
    }

    @Test func streamsAreKeptApart() async throws {
        let outcome = try await RunBench().shell("echo out; echo err >&2")
        #expect(outcome.stdout.message == "out")
        #expect(outcome.stderr.message == "err")
    }

    @Test func floodOfErrorsWhileOutputIsIdleBlocksNothing() async throws {
        let outcome = try await RunBench().shell("head -c 10000000 /dev/zero >&2; echo done")
        #expect(outcome.stdout.message == "done")
        #expect(outcome.stderr.count == 10_000_000)
        #expect(outcome.stderr.kept == RunFile.mostOfStandardError)
    }

    /// Sizes around those at which the keeping changes: in the record, in the spool, and in the ring.
    ///
    /// O04: the ends of a stream, wherever it is cut.
    @Test(arguments: [0, 1, 16_383, 16_384, 16_385, 99_999, 100_000, 100_001, 150_000, 300_000])
    func headAndTailAreThoseOfTheStreamAtEverySize(size: Int) async throws {
        let bench = try RunBench(bounds: OutputBounds(mostOfCommand: 100_000))
        let settings = RunBench.settings { $0.output = 30_001 }
        for isWatched in [false, true] {
            let run = RunID()
            let line = "seq 1000000 | head -c \(size)"
            let outcome = try await bench.run(RunBench.command(.shell(line), settings), run: run, isWatched: isWatched)
            let all = Array((1...60_000).map { "\($0)\n" }.joined().utf8.prefix(size))
            #expect(outcome.stdout.count == size)
            if size <= 30_001 {
                #expect(outcome.stdout.firstBytes + outcome.stdout.lastBytes == all)
            } else {
                #expect(outcome.stdout.firstBytes == Array(all.prefix(15_000)))
                #expect(outcome.stdout.lastBytes == Array(all.suffix(15_001)))
                #expect(outcome.stdout.fetchable == min(size, 100_000))
            }
        }
    }

    @Test func twoGoodEndsAreKeptWhenTheSpoolCannotBeMade() async throws {
        let bench = try RunBench()
        let run = RunID()
        // A directory in its place: no spool, so the beginning stays in memory.
        let spool = bench.runs.file(run).spool(.stdout)
        try #require(mkdir(spool, 0o700) == 0)
        let settings = RunBench.settings { $0.output = 4000 }
        let outcome = try await bench.shell("seq 10000", settings, run: run)
        let all = Array((1...10_000).map { "\($0)\n" }.joined().utf8)
        #expect(outcome.stdout.count == all.count)
        #expect(outcome.stdout.firstBytes == Array(all.prefix(2000)))
        #expect(outcome.stdout.lastBytes == Array(all.suffix(2000)))
        #expect(outcome.stdout.fetchable == 2000)
    }

    @Test func descendantThatHoldsTheOutputOpenDoesNotHoldTheResult() async throws {
        let (bench, run) = (try RunBench(), RunID())
        let outcome = try await bench.shell("sleep 600 & echo left; exit 3", run: run)
        #expect(outcome.ending == .exited(3))
        #expect(outcome.stdout.message == "left")
        // The sleep would end after 600 seconds, the time limit of this test comes earlier.
        for pid in RunBench.survivors(of: run) {
            kill(pid, SIGKILL)
        }
    }

    @Test func singleLineOfHundredMegabytesIsCut() async throws {
        let outcome = try await RunBench().shell("head -c 100000000 /dev/zero | tr '\\0' x; exit 3")
        #expect(outcome.code == 3)
        #expect(outcome.stdout.count == 100_000_000)
        let omitted = 100_000_000 - 256 * 1024
        let half = String(repeating: "x", count: 128 * 1024)
        #expect(outcome.stdout.text() == "\(half)\n[... \(omitted) bytes omitted ...]\n\(half)")
    }

    /// T16: a flood costs no memory and nobody else.
    @Test func othersAreServedDuringAFloodAndMemoryStaysFlat() async throws {
        await #expect(processExitsWith: .success) {
            let bench = try RunBench()
            _ = try await bench.shell("head -c 3000000 /dev/zero")
            let before = try residentKilobytes()
            let isOver = Atomic(false)
            async let flood = {
                let outcome = try await bench.shell("head -c 200000000 /dev/zero")
                isOver.store(true, ordering: .relaxed)
                return outcome
            }()
            repeat {
                let other = try await bench.run(.program(["/bin/echo", "hi"]))
                #expect(other.stdout.message == "hi")
            } while !isOver.load(ordering: .relaxed)
            let outcome = try await flood
            #expect(outcome.stdout.count == 200_000_000)
            #expect(outcome.stdout.fetchable == 16 << 20)
            // What the allocator keeps; 200 MB went by. (The address sanitizer keeps all that was freed.)
            let isSanitized = dlsym(nil, "__asan_init") != nil
            #expect(try isSanitized || residentKilobytes() - before < 4096)
        }
    }
}

/// What this process has in memory now.
private func residentKilobytes() throws -> Int {
    let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = read(descriptor, &bytes, bytes.count)
    let fields = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).split(separator: " ")
    try #require(fields.count > 1)
    return try #require(Int(fields[1])) * Int(getpagesize()) / 1024
}
