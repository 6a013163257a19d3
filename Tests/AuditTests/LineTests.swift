import CommandCatalog
import Digest
import Escaping
import JSON
import TestSupport
import Testing

@testable import Audit

/// What an audit line looks like.
@Suite(.crowd)
struct LineTests {
    @Test func lineSaysWhoAskedForWhatAndWhatBecameOfIt() throws {
        var chain = AuditChain(host: "web01")
        let line = chain.line(for: Self.refusal)
        let expected = """
            {"seq":1,"prev":"\(String(repeating: "0", count: 64))","time":"2026-11-21T07:49:18.123Z","host":"web01",\
            "event":"refused","task_id":7,"kind":"command","key":"ops-2026a","roles":["central","night"],"from":"root@c",\
            "why":"disk full","target":"host/web01","service":"web","command":"restart","parameters":{"lines":5},\
            "digest":"abc","verdict":"denied by rule 3, policy.json:17","reason":"denied","code":4103,"note":"n"}
            """
        #expect(String(decoding: line, as: UTF8.self) == expected)
        #expect(chain.last == AuditLink(sequence: 1, hash: SHA256(of: line).description))
    }

    @Test func everyLineNamesTheHashOfTheOneBefore() throws {
        var chain = AuditChain(host: "web01")
        var lines: [[UInt8]] = []
        for _ in 0..<5 { lines.append(chain.line(for: AuditEntry(.started, at: .now))) }
        let records = lines.compactMap(AuditRecord.init)
        #expect(records.map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(records.dropFirst().map(\.previous) == lines.dropLast().map { SHA256(of: $0).description })
        var resumed = AuditChain(host: "web01", after: chain.last)
        #expect(AuditRecord(resumed.line(for: AuditEntry(.started, at: .now)))?.sequence == 6)
    }

    @Test func foreignTextIsHarmlessAndBounded() throws {
        var entry = AuditEntry(.refused, at: .now)
        entry.from = "a\u{1B}[2J\u{85}\u{202E}\u{2028}\"\\\n{\"seq\":9}"
        entry.why = String(repeating: "é", count: 5000)
        entry.roles = (0..<100).map { "r\($0)" }
        entry.parameters = ["x": .string(String(repeating: "x", count: 2000))]
        var chain = AuditChain(host: "web01")
        let line = chain.line(for: entry)
        #expect(line.count < 3000)
        #expect(!String(decoding: line, as: UTF8.self).unicodeScalars.contains(where: ForeignText.isHarmful))
        let record = try #require(AuditRecord(line))
        #expect(record["from"] == entry.from)
        #expect(record["why"] == String(repeating: "é", count: 512) + "…")
        #expect(record.members["roles"]?.array?.count == 32)
        #expect(record.members["parameters"] == nil)
    }

    @Test(arguments: SeededGenerator.seeds)
    func whatIsWrittenCanBeRead(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        var chain = AuditChain(host: "web01")
        for _ in 0..<300 {
            // Our reader, like all of ours, takes no NUL.
            let texts = (0..<6).map { _ in chance.text(upTo: 30, without: ["\0"]) }
            var entry = AuditEntry(chance.one(of: AuditEntry.Event.allCases), at: Timestamp(seconds: 1_800_000_000))
            (entry.from, entry.why, entry.key) = (texts[0], texts[1], texts[2])
            (entry.service, entry.command, entry.verdict) = (texts[3], texts[4], texts[5])
            let line = chain.line(for: entry)
            #expect(!line.contains(newline))
            let record = try #require(AuditRecord(line))
            let read = ["from", "why", "key", "service", "command", "verdict"].map { record[$0] ?? "" }
            #expect(read.map { Array($0.utf8) } == texts.map { Array($0.utf8) })
            #expect(!record.text.unicodeScalars.contains(where: ForeignText.isHarmful))
        }
    }

    @Test func lineForPeopleIsOneSentence() throws {
        var chain = AuditChain(host: "web01")
        let record = try #require(AuditRecord(chain.line(for: Self.refusal)))
        #expect(
            record.text
                == "2026-11-21T07:49:18.123Z web01 refused command web/restart, by key ops-2026a (as claimed: root@c), "
                + "task 7: denied by rule 3, policy.json:17; denied; n, code 4103")
    }

    @Test(arguments: [
        "", "{}", "[]", "{\"seq\":1}", "nonsense", "{\"seq\":0,\"prev\":\"\(String(repeating: "0", count: 64))\"}",
    ])
    func otherTextIsNoLine(text: String) {
        #expect(AuditRecord(Array(text.utf8)) == nil)
    }

    static var refusal: AuditEntry {
        var entry = AuditEntry(.refused, at: Timestamp(nanoseconds: 1_795_247_358_123_456_789))
        entry.taskID = .integer(7)
        entry.kind = "command"
        (entry.key, entry.roles) = ("ops-2026a", ["central", "night"])
        (entry.from, entry.why) = ("root@c", "disk full")
        (entry.target, entry.service, entry.command) = ("host/web01", "web", "restart")
        entry.parameters = ["lines": 5]
        entry.digest = "abc"
        entry.verdict = "denied by rule 3, policy.json:17"
        (entry.reason, entry.code, entry.note) = ("denied", 4103, "n")
        return entry
    }
}
