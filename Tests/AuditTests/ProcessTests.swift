import Glibc
import TestSupport
import Testing

@testable import Audit

/// A process that writes an audit ends in its midst.
@Suite(.crowd) struct ProcessTests {
    @Test(arguments: 1...5)
    func nothingThatWasWrittenIsLostByAKill(round: Int) async throws {
        let audit = try AuditFixture()
        let output = try Self.output(audit)
        for life in 1...3 {
            let before = try Self.last(audit)
            let writer = try ChildProgram([Self.program, audit.directory.path], output: output)
            // A sequence of its own in every round: the kill falls anywhere.
            try await eventually("some batches are written") {
                try Self.last(audit) >= before + Int64(round * 37 * life)
            }
            writer.end(SIGKILL)
        }
        close(output)
        let told = try Self.last(audit)
        try audit.write(1)
        let report = try audit.report()
        #expect(report.isIntact, "\(report.findings)")
        // A quick writer fills more files than are kept.
        #expect(report.first.sequence >= 1)
        #expect(report.last.sequence > told)
    }

    /// The limit falls within a line, as a disk becomes full anywhere.
    @Test(arguments: [3000, 3001, 3777, 10_050])
    func fullDiskIsCountedAndToldAndHarmsNoLine(limit: Int) async throws {
        let audit = try AuditFixture()
        let output = try Self.output(audit)
        let writer = try ChildProgram([Self.program, audit.directory.path, "\(limit)"], output: output)
        #expect(writer.wait() == 0)
        close(output)
        #expect(try audit.directory.text(of: "told").hasSuffix("lost 20 2\n"))
        let report = try audit.report()
        #expect(report.findings.map(\.kind) == [.lost])
        #expect(report.isIntact && report.hasHead)
        #expect(try audit.records().filter { $0.event == .lost }.map { $0.number("missing") } == [20])
        #expect(try audit.records().last { $0.event == .lost }?["note"]?.hasSuffix("File too large") == true)
    }

    private static func output(_ audit: AuditFixture) throws -> CInt {
        let output = open(audit.directory.path("told"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw SystemFailure("open told", errno) }
        return output
    }

    /// The last number that a writer told; a line that it was telling when it was killed does not count.
    private static func last(_ audit: AuditFixture) throws -> Int64 {
        let text = try audit.directory.text(of: "told")
        return text.split(separator: "\n").compactMap { Int64($0) }.max() ?? 0
    }

    private static var program: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let tests = String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return (tests.lastIndex(of: "/").map { String(tests[...$0]) } ?? "") + "audit-writer"
    }
}
