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
    /// How it is signed; `nil`: it is not.
    var seal: Seal?

    /// A key, and what is signed with the task.
    struct Seal: Sendable {
        let signer: TaskSigner
        let host: HostIdentity
        var challenge: String?
    }

    /// So long a task may wait at least: an agent that was away for a moment shall still take it.
    static let leastLife = Duration.seconds(60)

    /// A task for this verb.
    ///
    /// - Throws: It is larger than an agent takes.
    func errand(_ verb: Verb, id: TaskID, at time: Timestamp) throws(UsageError) -> Errand {
        // With a challenge the clocks do not agree, and the host would take no time of ours.
        let expires = seal?.challenge == nil ? time + max(timeout, Self.leastLife) : nil
        var task = TaskMessage(
            taskID: id, timestamp: time, verb: verb, expires: expires, reply: reply, reason: reason, from: sender
        )
        if let seal { task = seal.signer.sign(task, for: "host/\(seal.host)", challenge: seal.challenge) }
        let payload = task.json.bytes
        let largest = task.replacement == nil ? TaskMessage.largestSize : TaskMessage.largestReadableSize
        guard payload.count <= largest else {
            let what = task.replacement == nil ? "the parameters are" : "the configuration is"
            throw UsageError("\(what) too long: an agent takes tasks of at most \(largest) bytes")
        }
        return Errand(task: task, payload: payload)
    }
}
