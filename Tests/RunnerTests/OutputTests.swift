import CRunner
import Glibc
import TestSupport
import Testing

/// What a command writes is kept at its beginning and its end, and counted in between.
@Suite(.crowd) struct OutputTests {
    /// Numbers of eight bytes each, up to 10 MB.
    private static let numbers = "seq -w 0 1249999"
    private static let size = 10_000_000

    private static func expected(_ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in range.lowerBound / 8...range.upperBound / 8 {
            let digits = String(number)
            bytes += Array((String(repeating: "0", count: 7 - digits.count) + digits + "\n").utf8)
        }
        let first = range.lowerBound % 8
        return Array(bytes[first..<first + range.count])
    }

    @Test("F-33: both floods are spooled at their ends") func bothFloodsAreSpooledAtTheirEnds() async throws {
        let runner = try await Runner()
        try runner.connect().shell(1, "\(Self.numbers) >&2 & \(Self.numbers); wait") {
            $0.fixed.spool = 1_000_003
            $0.fixed.tail = 65_537
        }
        let record = try await runner.ended(1)
        for (stream, ending) in [(record.facts.output, RUNNER_STDOUT), (record.facts.error, RUNNER_STDERR)] {
            #expect(stream.count == Self.size && stream.inline_count == 0)
            #expect(stream.spooled == 1_000_003 && stream.ring == 65_537)
            // Compared outside: whoever shows the difference of millions takes minutes.
            let beginsRight = try TestFiles.read(runner.path(1, ending)) == Self.expected(0..<1_000_003)
            #expect(beginsRight)
            let ring = try TestFiles.read(runner.path(1, ending + RUNNER_TAIL))
            try #require(ring.count == 65_537)
            let tail = (Self.size - 65_537..<Self.size).map { ring[$0 % 65_537] }
            let endsRight = tail == Self.expected(Self.size - 65_537..<Self.size)
            #expect(endsRight)
        }
    }

    @Test(arguments: [(0, 0), (1, 0), (16_384, 0), (16_385, 16_385), (1 << 20, 1 << 20)])
    func littleStandsInTheRecord(count: Int, spooled: Int) async throws {
        let runner = try await Runner()
        try runner.connect().shell(1, "head -c \(count) /dev/zero")
        let facts = try await runner.ended(1).facts.output
        #expect(facts.count == count && facts.spooled == spooled && facts.ring == 0)
        #expect(facts.inline_count == (spooled == 0 ? count : 0))
        #expect(try runner.names().contains { $0.hasSuffix(".out") } == (spooled > 0))
    }

    @Test func watchedOutputIsSpooledAtOnce() async throws {
        let runner = try await Runner()
        let client = try runner.connect()
        try client.shell(1, "echo early; exec sleep 100") { $0.fixed.flags = RUNNER_SPOOLS_AT_ONCE.rawValue }
        try await eventually("the spool has it") { (try? TestFiles.text(runner.path(1, RUNNER_STDOUT))) == "early\n" }
        try client.send(RUNNER_CANCEL, 1)
        #expect(try await runner.ended(1).facts.output.spooled == 6)
    }

    @Test func withoutSpoolMemoryKeepsTheBeginning() async throws {
        let runner = try await Runner()
        try runner.connect().shell(1, "head -c 100000 /dev/zero | tr '\\0' x") { $0.fixed.spool = 0 }
        let record = try await runner.ended(1)
        #expect(record.facts.output.count == 100_000 && record.output == String(repeating: "x", count: 16_384))
    }

    @Test func supervisorOfAFloodStaysSmall() async throws {
        let runner = try await Runner()
        let client = try runner.connect()
        let supervisor = try client.shell(1, "exec cat /dev/zero") { $0.fixed.spool = 1 << 20 }
        try await eventually("much went by") {
            let written = try TestFiles.text("/proc/\(supervisor)/io").split(separator: "\n").first {
                $0.hasPrefix("rchar")
            }
            return (written?.split(separator: " ").last).flatMap { Int($0) } ?? 0 > 1 << 30
        }
        let rollup = try TestFiles.text("/proc/\(supervisor)/smaps_rollup").split(separator: "\n")
        let pss = try #require(
            rollup.first { $0.hasPrefix("Pss:") }?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        if ProcessEnvironment.sanitizer["ASAN_OPTIONS"] == nil { #expect(pss < 1000) }
        try client.send(RUNNER_CANCEL, 1)
        let record = try await runner.ended(1)
        #expect(record.ending == RUNNER_CANCELLED && record.facts.output.count > 1 << 30)
    }
}
