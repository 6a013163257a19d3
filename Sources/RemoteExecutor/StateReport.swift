public import CommandCatalog

/// What a look into a state directory finds, with or without an agent that uses it; nothing is changed.
public struct StateReport: Sendable {
    /// How good it is.
    public enum Verdict: Sendable {
        case sound
        /// It is an agent's journal, and something of it is lost or contradicts itself.
        case damaged
        /// This release may not use it: it is not there, not ours, no journal, or a later release wrote it.
        case refused
    }

    /// How good it is.
    public let verdict: Verdict
    /// The version of the journal; `nil` when it could not be read.
    public let version: Int64?
    /// The latest version that this release knows.
    public let supportedVersion: Int64
    /// What is wrong, with what to do; nothing when all is well.
    public let problems: [String]
    /// How many tasks are in which stage, in the order of a task's life.
    public let tasks: [(stage: String, count: Int)]
    /// When the oldest task was accepted whose answer has not arrived at a broker.
    public let oldestUnfinished: Timestamp?
    /// Bytes of stored tasks and answers.
    public let answerBytes: Int
    /// The latest time that the agent's clock showed.
    public let highWater: Timestamp?

    /// Looks at the journal of a state directory, and checks its whole file.
    public init(directory: String) {
        let check = Journal.check(directory: directory)
        version = check.version
        supportedVersion = check.supported
        problems = check.problems
        tasks = Journal.Stage.allCases.map { ("\($0)", check.tasks[$0] ?? 0) }
        oldestUnfinished = check.oldestUnfinished
        answerBytes = check.answerBytes
        highWater = check.highWater
        verdict =
            switch check.failure?.kind {
            case .refused, .newer, .cannotOpen, .inUse: .refused
            case nil where problems.isEmpty: .sound
            default: .damaged
            }
    }
}
