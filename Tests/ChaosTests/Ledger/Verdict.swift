import CommandCatalog

/// What is wrong between the three ledgers; every list holds ids.
///
/// The rules: what ran was sent; nothing ran twice; every task has one final outcome; what finished did run, with its own
/// code and output; what was refused or expired did not run; what was interrupted is known so and ran at most once.
struct Verdict: Sendable, Equatable {
    /// How many tasks were sent.
    var commands = 0
    /// Neither ran nor was answered.
    var lost: [String] = []
    /// Ran more than once.
    var twice: [String] = []
    /// Has no answer, whether it ran or not.
    var unanswered: [String] = []
    /// Answered 0x1105: nobody knows how far it came.
    var interrupted: [String] = []
    /// Refused or expired; did not run.
    var refused: [String] = []
    /// Had an answer that there was no room, whatever came of it later.
    var crowded: [String] = []
    /// Ran, but nobody sent it.
    var foreign: [String] = []
    /// Two answers that differ.
    var contradicted: [String] = []
    /// Answered as finished, but never ran.
    var unexecuted: [String] = []
    /// Answered as refused or expired, but ran.
    var executedThoughRefused: [String] = []
    /// Finished with a code or an output that is not the command's.
    var wrong: [String] = []

    /// Nothing yet.
    init() {}

    /// Holds the ledgers against each other.
    ///
    /// - Parameters:
    ///   - ledgers: All three.
    ///   - hit: Tasks whose commands the fault itself killed, perhaps before they did anything: these may end as killed.
    init(_ ledgers: Ledgers, hit: Set<String> = []) {
        let runs = Dictionary(ledgers.executed.map { ($0, 1) }, uniquingKeysWith: +)
        let answers = Dictionary(grouping: ledgers.answered, by: \.id).mapValues { Set($0) }
        let sent = Dictionary(ledgers.sent.map { ($0.id, $0) }) { first, _ in first }
        commands = sent.count
        foreign = runs.keys.filter { sent[$0] == nil }.sorted()
        twice = runs.filter { $0.value > 1 }.keys.sorted()
        for (id, task) in sent.sorted(by: { $0.key < $1.key }) {
            judge(task, runs: runs[id] ?? 0, answers: answers[id] ?? [], mayBeKilled: hit.contains(id))
        }
    }

    private mutating func judge(_ task: Ledgers.Sent, runs: Int, answers: Set<Ledgers.Answer>, mayBeKilled: Bool) {
        if answers.isEmpty {
            unanswered.append(task.id)
            if runs == 0 { lost.append(task.id) }
        }
        // A refusal for want of room is not kept, so that a later copy may still be taken.
        let final = answers.filter { !Self.passing.contains($0.code) }
        if final.count < answers.count { crowded.append(task.id) }
        if final.count > 1 { contradicted.append(task.id) }
        guard let answer = final.first ?? answers.first else { return }
        if mayBeKilled, answer.code == Self.killed, answer.message.isEmpty || answer.message == task.id { return }
        judge(answer, of: task, runs: runs)
    }

    private mutating func judge(_ answer: Ledgers.Answer, of task: Ledgers.Sent, runs: Int) {
        switch answer.code {
        case 0...255:
            if runs == 0 { unexecuted.append(task.id) }
            if answer.code != task.code || answer.message != task.id { wrong.append(task.id) }
        case ResultCode.interrupted.rawValue: interrupted.append(task.id)
        case ResultCode.timedOut.rawValue:
            if runs == 0 { unexecuted.append(task.id) }
        default:
            refused.append(task.id)
            if runs > 0 { executedThoughRefused.append(task.id) }
        }
    }

    /// Queue full, no storage: another copy of the task may be taken later.
    static let passing: Set<Int> = [0x1101, 0x1102]

    /// What a command is answered with that SIGKILL ended.
    static let killed = 128 + 9

    /// Forgets how these tasks ended: the fault hit the command itself.
    mutating func excuse(_ ids: Set<String>) {
        unexecuted.removeAll { ids.contains($0) }
        wrong.removeAll { ids.contains($0) }
    }

    /// What breaks a rule, one line a rule; empty when all is well.
    ///
    /// - Parameters:
    ///   - interrupted: How many may be interrupted.
    ///   - refused: How many may be refused, and how many may hear that there is no room.
    /// - Returns: The complaints.
    func complaints(allowingInterrupted interrupted: Int = 0, refused: Int = 0) -> [String] {
        let lists = [
            ("lost", lost), ("executed twice", twice), ("unanswered", unanswered), ("executed but not sent", foreign),
            ("answered differently", contradicted), ("finished but never executed", unexecuted),
            ("refused but executed", executedThoughRefused), ("not the command's own code or output", wrong),
            ("interrupted", self.interrupted.count > interrupted ? self.interrupted : []),
            ("refused", self.refused.count > refused ? self.refused : []),
            ("told that there is no room", crowded.count > refused ? crowded : []),
        ]
        return lists.filter { !$0.1.isEmpty }
            .map { "\($0.1.count) \($0.0): \($0.1.prefix(8).joined(separator: ", "))\($0.1.count > 8 ? " …" : "")" }
    }
}
