import CommandCatalog
import Glibc
import Testing

@testable import RemoteExecutor

/// What a process prints is what is told.
@Suite(.timeLimit(.minutes(5)))
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
        let outcome = try await ChildBench().shell(row.line)
        #expect(Array(outcome.stdout.message.utf8) == Array(row.message.utf8))
        #expect(outcome.code == row.code)
    }

    @Test func streamsAreKeptApart() async throws {
        let outcome = try await ChildBench().shell("echo out; echo err >&2")
        #expect(outcome.stdout.message == "out")
        #expect(outcome.stderr.message == "err")
    }

    @Test func floodOfErrorsWhileOutputIsIdleBlocksNothing() async throws {
        let outcome = try await ChildBench().shell("head -c 10000000 /dev/zero >&2; echo done")
        #expect(outcome.stdout.message == "done")
        #expect(outcome.stderr.count == 10_000_000)
        #expect(outcome.stderr.omitted == 10_000_000 - 64 * 1024)
    }

    @Test func descendantThatHoldsTheOutputOpenDoesNotHoldTheResult() async throws {
        let (bench, run) = (try ChildBench(), RunID())
        let outcome = try await bench.shell("sleep 600 & echo left; exit 3", run: run)
        #expect(outcome.ending == .exited(3))
        #expect(outcome.stdout.message == "left")
        // The sleep would end after 600 seconds, the time limit of this test comes earlier.
        for pid in try ChildBench.survivors(of: run) {
            kill(pid, SIGKILL)
        }
    }

    @Test func singleLineOfHundredMegabytesIsCut() async throws {
        let outcome = try await ChildBench().shell("head -c 100000000 /dev/zero | tr '\\0' x; exit 3")
        #expect(outcome.code == 3)
        #expect(outcome.stdout.count == 100_000_000)
        let omitted = 100_000_000 - 256 * 1024
        let half = String(repeating: "x", count: 128 * 1024)
        #expect(outcome.stdout.text() == "\(half)\n[... \(omitted) bytes omitted ...]\n\(half)")
    }

    @Test func memoryStaysFlatAndOthersAreServedDuringAFlood() async throws {
        await #expect(processExitsWith: .success) {
            let bench = try ChildBench()
            _ = try await bench.shell("head -c 3000000 /dev/zero")
            let before = try residentKilobytes()
            async let flood = bench.shell("head -c 300000000 /dev/zero")
            var others = 0
            while bench.children.running > 0 || others == 0 {
                #expect(try await bench.run(.program(["/bin/echo", "hi"])).stdout.message == "hi")
                others += 1
            }
            #expect(try await flood.stdout.count == 300_000_000)
            // Two commands and what the allocator keeps; 300 MB went by. (The address sanitizer keeps all that was freed.)
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
