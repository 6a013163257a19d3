internal import CommandCatalog
internal import PluginKit

/// A task that will be answered: what was asked, what will run, and where the answers go.
struct AcceptedTask: Sendable {
    /// What was asked.
    let message: TaskMessage
    /// What was asked, as it came; empty once the journal has it.
    var payload: [UInt8]
    /// What it is known by.
    let digest: TaskDigest
    /// What will run.
    let command: Command
    /// What that reads, where it replaces a configuration.
    var preparation: ReplacementPreparation?
    /// Who asked, and who let him.
    var pass = Pass()
    /// Where it came from; more than one where the same task came by several ways.
    var origins: [Origin]
    /// When it was accepted.
    let accepted: Timestamp
    /// How it is kept.
    var keeping: Keeping
    /// The name of its latest start.
    var run: RunID?
    /// How many of its events were told.
    var events: Int64 = 0
    /// Whether somebody asked for its end.
    var isCancelled = false

    /// How a task is kept while it waits and runs.
    enum Keeping: Sendable {
        /// It will be in the journal with the next commit of its broker; nothing may start before that.
        case pending
        /// It is in the journal.
        case journal
        /// Only in memory, because the journal takes nothing and its command does not need it.
        case memory
    }
}

/// Where a task came from, which is where its answer goes.
struct Origin: Sendable, Equatable {
    /// By which topics.
    let pair: TopicPair
    /// Through which broker; `nil`: nobody knows any more, so through all of them.
    let broker: String?

    /// Answers of one task to more places than this are not needed: every broker has two pairs of topics.
    static let most = 16
}
