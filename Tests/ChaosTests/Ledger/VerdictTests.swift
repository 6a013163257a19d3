import TestSupport
import Testing

/// The checker sees what it is there for, and nothing else.
@Suite struct VerdictTests {
    /// Some lines and the one complaint that they must lead to; `nil`: all is well.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let executed: [String]
        let answered: [Ledgers.Answer]
        var interrupted = 0
        var refused = 0
        var hit: Set<String> = []
        let complaint: String?
    }

    static func answer(_ id: String, _ code: Int, _ message: String? = nil) -> Ledgers.Answer {
        Ledgers.Answer(id: id, code: code, message: message ?? id)
    }

    static let good = [answer("a", 0), answer("b", 3)]

    static let cases = [
        Case(testDescription: "all well", executed: ["a", "b"], answered: good, complaint: nil),
        Case(testDescription: "equal answers", executed: ["b", "a"], answered: good + good, complaint: nil),
        Case(testDescription: "lost", executed: ["a"], answered: [good[0]], complaint: "1 lost: b"),
        Case(
            testDescription: "ran, no answer", executed: ["a", "b"], answered: [good[0]], complaint: "1 unanswered: b"),
        Case(
            testDescription: "twice", executed: ["a", "b", "a"], answered: good, complaint: "1 executed twice: a"),
        Case(
            testDescription: "nobody sent it", executed: ["a", "b", "c"], answered: good,
            complaint: "1 executed but not sent: c"),
        Case(
            testDescription: "two answers", executed: ["a", "b"], answered: good + [answer("a", 0x1105, "")],
            complaint: "1 answered differently: a"),
        Case(
            testDescription: "finished without a run", executed: ["a"], answered: good,
            complaint: "1 finished but never executed: b"),
        Case(
            testDescription: "expired but ran", executed: ["a", "b"], answered: [good[0], answer("b", 0x1005, "")],
            refused: 1, complaint: "1 refused but executed: b"),
        Case(
            testDescription: "refused where nothing may be", executed: ["a"],
            answered: [good[0], answer("b", 0x1005, "")], complaint: "1 refused: b"),
        Case(
            testDescription: "refused where it may be", executed: ["a"], answered: [good[0], answer("b", 0x1005, "")],
            refused: 1, complaint: nil),
        Case(
            testDescription: "no room, then done", executed: ["a", "b"], answered: good + [answer("b", 0x1102, "")],
            refused: 1, complaint: nil),
        Case(
            testDescription: "no room where there is", executed: ["a", "b"],
            answered: good + [answer("b", 0x1102, "")], complaint: "1 told that there is no room: b"),
        Case(
            testDescription: "no room, and ran without an answer", executed: ["a", "b"],
            answered: [good[0], answer("b", 0x1102, "")], refused: 1, complaint: "1 refused but executed: b"),
        Case(
            testDescription: "interrupted where nothing may be", executed: ["a", "b"],
            answered: [good[0], answer("b", 0x1105, "")], complaint: "1 interrupted: b"),
        Case(
            testDescription: "interrupted before it ran", executed: ["a"],
            answered: [good[0], answer("b", 0x1105, "")],
            interrupted: 1, complaint: nil),
        Case(
            testDescription: "interrupted and twice", executed: ["a", "b", "b"],
            answered: [good[0], answer("b", 0x1105, "")], interrupted: 1, complaint: "1 executed twice: b"),
        Case(
            testDescription: "another code", executed: ["a", "b"], answered: [good[0], answer("b", 0)],
            complaint: "1 not the command's own code or output: b"),
        Case(
            testDescription: "another output", executed: ["a", "b"], answered: [good[0], answer("b", 3, "a")],
            complaint: "1 not the command's own code or output: b"),
        Case(
            testDescription: "killed, and not by us", executed: ["a", "b"], answered: [good[0], answer("b", 137)],
            complaint: "1 not the command's own code or output: b"),
        Case(
            testDescription: "killed by the fault before it ran", executed: ["a"],
            answered: [good[0], answer("b", 137, "")], hit: ["b"], complaint: nil),
        Case(
            testDescription: "killed by the fault, and another code", executed: ["a"],
            answered: [good[0], answer("b", 0)],
            hit: ["b"], complaint: "1 finished but never executed: b"),
        Case(
            testDescription: "killed by the fault, and interrupted", executed: ["a", "b"],
            answered: [good[0], answer("b", 0x1105, "")], hit: ["b"], complaint: "1 interrupted: b"),
        Case(
            testDescription: "killed by the fault, and run again", executed: ["a", "b", "b"],
            answered: [good[0], answer("b", 137)], hit: ["b"], complaint: "1 executed twice: b"),
    ]

    @Test(arguments: cases)
    func brokenRuleIsNamed(example: Case) {
        var ledgers = Ledgers()
        ledgers.sent = [Ledgers.Sent(id: "a", code: 0), Ledgers.Sent(id: "b", code: 3)]
        ledgers.executed = example.executed
        ledgers.answered = example.answered
        let complaints = Verdict(ledgers, hit: example.hit)
            .complaints(allowingInterrupted: example.interrupted, refused: example.refused)
        if let complaint = example.complaint {
            #expect(complaints.contains(complaint))
        } else {
            #expect(complaints.isEmpty)
        }
    }

    @Test func filesKeepWhatWasNoted() throws {
        let files = try LedgerFiles(in: TemporaryDirectory())
        files.note(Ledgers.Sent(id: "a", code: 3))
        files.note(Self.answer("a", 3, "two\nlines \"quoted\""))
        try ChildProgram.run("/bin/sh", "-c", "echo a >> '\(files.executedPath)'")
        let ledgers = try files.read()
        #expect(ledgers.sent == [Ledgers.Sent(id: "a", code: 3)])
        #expect(ledgers.executed == ["a"])
        #expect(ledgers.answered == [Self.answer("a", 3, "two\nlines \"quoted\"")])
    }
}
