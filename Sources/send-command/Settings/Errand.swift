import CommandCatalog
import ProgramOptions
import JSON

/// A task on its way, with its bytes: they are made once, because a repetition must be the same to the last byte.
struct Errand: Sendable {
    let task: TaskMessage
    let payload: [UInt8]
}

/// Makes the tasks of one call.
struct ErrandMaker: Sendable {
    let sender: String
    let timeout: Duration
    var reply = ReplyWishes()
    var reason: String?

    /// So long a task may wait at least: an agent that was away for a moment shall still take it.
    static let leastLife = Duration.seconds(60)

    /// A task for this verb.
    ///
    /// - Throws: It is larger than an agent takes.
    func errand(_ verb: Verb, id: TaskID, at time: Timestamp) throws(UsageError) -> Errand {
        let task = TaskMessage(
            taskID: id, timestamp: time, verb: verb, expires: time + max(timeout, Self.leastLife), reply: reply,
            reason: reason, from: sender
        )
        let payload = task.json.bytes
        guard payload.count <= TaskMessage.largestSize else {
            throw UsageError(
                "the parameters are too long: an agent takes tasks of at most \(TaskMessage.largestSize) bytes")
        }
        return Errand(task: task, payload: payload)
    }
}
