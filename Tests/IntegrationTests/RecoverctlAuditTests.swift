import Audit
import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

/// `recoverctl audit verify`, `recoverctl log`.
@Suite(.crowd)
struct RecoverctlAuditTests {
    private let directory: TemporaryDirectory
    private static let start = Timestamp(seconds: 1_795_248_000)

    init() throws { directory = try TemporaryDirectory() }

    /// Writes an audit of so many lines; each is an hour after the one before.
    private func write(_ count: Int, largestFile: Int = 1 << 20) throws {
        var file = try AuditFile(
            AuditSettings(
                path: directory.path("audit.log"), headPath: directory.path("audit.head"), largestFile: largestFile),
            host: "web01", at: Self.start)
        for number in 0..<count {
            let time = Self.start + .seconds(3600 * number)
            var entry = AuditEntry(number % 2 == 0 ? .accepted : .refused, at: time)
            (entry.key, entry.service, entry.command) = ("key\(number % 3)", "s\(number % 4)", "restart")
            (entry.kind, entry.taskID) = ("command", .integer(Int64(number)))
            entry.from = "\u{1B}[2J\u{202E}"
            file.append([entry], at: time)
        }
        file.sync(at: Self.start)
    }

    private func run(_ verb: [String], _ arguments: [String] = []) throws -> Ended {
        try Ended.running([Programs.recoverctl] + verb + ["--file", directory.path("audit.log")] + arguments)
    }

    private func verify(_ arguments: String...) throws -> Ended {
        try run(["audit", "verify"], ["--head", directory.path("audit.head")] + arguments)
    }

    private func log(_ arguments: String...) throws -> Ended { try run(["log"], arguments) }

    private func lines(_ ended: Ended) -> [Substring] { ended.output.split(separator: "\n") }

    @Test func intactAuditIsIntact() throws {
        try write(40, largestFile: 4000)
        let ended = try verify()
        #expect(ended.status == 0, "\(ended)")
        #expect(ended.output.hasPrefix("intact: "))
        #expect(ended.output.hasSuffix(" lines (1 to \(lines(try log()).count)), 0 findings, 0 accidents\n"))
        #expect(access(directory.path("audit.log.2"), F_OK) == 0)
    }

    @Test func changeAndMissingEndAreFound() throws {
        try write(6)
        let whole = try directory.text(of: "audit.log")
        try directory.write(whole.replacing("\"task_id\":3,", with: "\"task_id\":9,"), to: "audit.log")
        let changed = try verify()
        #expect(changed.status == 2)
        #expect(lines(changed).count == 2)
        #expect(lines(changed).first?.contains("audit.log:4: changed: ") == true)
        #expect(lines(changed).last == "not intact: 6 lines (1 to 6), 1 finding, 0 accidents")
        let cut = whole.split(separator: "\n").dropLast().map { $0 + "\n" }.joined()
        try directory.write(cut, to: "audit.log")
        let truncated = try verify("--json")
        #expect(truncated.status == 2)
        let document = try #require(JSONText(Array(truncated.output.utf8)).value.object)
        #expect(document["intact"] == false && document["schema"] == 1)
        #expect(document["findings"]?.array?.compactMap(\.object).map { $0["finding"] } == ["truncated"])
        // Whoever takes the head record along takes the proof along.
        unlink(directory.path("audit.head"))
        #expect(try verify().status == 2)
        #expect(try verify().output.contains("there is no head record"))
        unlink(directory.path("audit.log"))
        #expect(try verify().status == 78)
    }

    @Test func filesThatWereTakenAwayAreMissed() throws {
        try write(6)
        unlink(directory.path("audit.log"))
        let ended = try verify()
        #expect(ended.status == 2)
        #expect(ended.output.contains("truncated"))
    }

    @Test(arguments: [
        ([], Array(0..<12)), (["--by", "key1"], [1, 4, 7, 10]), (["--service", "s3"], [3, 7, 11]),
        (["--event", "refused", "--by", "key0"], [3, 9]), (["--task", "5"], [5]), (["--task", "\"5\""], []),
        (["--since", "2026-11-21T16:00:00Z"], [8, 9, 10, 11]), (["--until", "2026-11-21T09:00:00Z"], [0]),
        (["--host", "web02"], []), (["--host", "web01", "--service", "s1", "--since", "2026-11-21T14:00:00Z"], [9]),
    ])
    func logShowsWhatIsAskedForTheOldestFirst(arguments: [String], tasks: [Int]) throws {
        try write(12, largestFile: 1500)
        let shown = try run(["log"], arguments + ["--jsonl"])
        #expect(shown.status == 0, "\(shown.errors)")
        let records = try lines(shown).map { try #require(JSONText(Array($0.utf8)).value.object) }
        let numbers = records.compactMap { $0["task_id"]?.integer }
        #expect(numbers == tasks.map(Int64.init))
        #expect(records.allSatisfy { $0["schema"] == 1 })
        let text = try run(["log"], arguments)
        #expect(lines(text).count == records.count)
        #expect(!text.output.contains("\u{1B}") && !text.output.contains("\u{202E}"))
        let document = try #require(JSONText(Array(try run(["log"], arguments + ["--json"]).output.utf8)).value.object)
        #expect(document["records"]?.array?.count == records.count)
        #expect(document["command"] == "log" && document["damaged"] == 0)
    }

    @Test func damagedLinesAreCountedAndTheOthersAreShown() throws {
        try write(3)
        let whole = try directory.text(of: "audit.log")
        try directory.write("rubbish \u{1B}[2J\n\(whole){\"seq\":4", to: "audit.log")
        let ended = try log()
        #expect(ended.status == 2)
        #expect(lines(ended).count == 3)
        #expect(ended.errors.hasPrefix("recoverctl: 2 lines could not be read; "))
        #expect(try log("--json").output.hasSuffix("],\"damaged\":2}\n"))
    }

    @Test(arguments: [["--since", "yesterday"], ["--event", "nothing"], ["--task", ""], ["--json", "--jsonl"]])
    func wrongQuestionIsUsage(arguments: [String]) throws {
        try write(1)
        #expect(try run(["log"], arguments).status == 64)
    }

    @Test func noAuditIsNoEmptyOne() throws {
        #expect(try log().status == 78)
    }

    /// Memory does not grow with the audit, nor is all of it read when nobody listens.
    @Test func largeAuditIsReadWithLittleMemory() throws {
        try write(20)
        let piece = try directory.text(of: "audit.log")
        try directory.write(String(repeating: piece, count: 2000), to: "audit.log")
        // Sanitizers reserve terabytes. Without them 45 MB are enough, and 40,000 lines would take as much again.
        let limit = ProcessEnvironment.sanitizer.isEmpty ? "60000" : "unlimited"
        let ended = try Ended.running([
            "/bin/sh", "-c", "ulimit -v \(limit); \"$1\" log --file \"$2\" | wc -l", "sh", Programs.recoverctl,
            directory.path("audit.log"),
        ])
        #expect(ended.output == "40000\n", "\(ended)")
        let closed = try Ended.running([
            "/bin/sh", "-c", "\"$1\" log --file \"$2\" | head -n 1", "sh", Programs.recoverctl,
            directory.path("audit.log"),
        ])
        #expect(closed.status == 0 && lines(closed).count == 1)
    }
}
