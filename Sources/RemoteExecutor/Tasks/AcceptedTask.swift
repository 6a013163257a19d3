internal import CommandCatalog

/// A task that will be answered: what was asked, what will run, and where the answer goes.
struct AcceptedTask: Sendable {
    /// What was asked.
    let message: TaskMessage
    /// What will run.
    let command: Command
    /// By which topics it came.
    let pair: TopicPair
    /// When it was accepted.
    let accepted: Timestamp

    /// Whether another message asks for just the same.
    func isSame(as other: TaskMessage) -> Bool {
        message.digest == other.digest
    }
}
