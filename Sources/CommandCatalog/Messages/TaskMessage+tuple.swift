internal import Digest

extension TaskMessage {
    /// What the task is known by.
    public var digest: TaskDigest {
        var tuple = TupleBytes()
        // The version of this very list of fields: another list gets another word.
        tuple.append("recoverd task 1")
        appendDeed(to: &tuple)
        return TaskDigest(of: tuple)
    }

    /// What this very message is known by: all that is signed, and the signature.
    ///
    /// Whoever sends the same task with another signature, or without one, has sent another message.
    public var messageDigest: TaskDigest {
        var tuple = TupleBytes()
        tuple.append("recoverd message 1")
        appendSigned(to: &tuple)
        tuple.append(auth.map { Base64.text($0.signature) })
        return TaskDigest(of: tuple)
    }

    /// Adds everything that a signature vouches for: what the digest covers, and whom the task is for, who asks and why,
    /// what must be understood, and `auth` but for the signature in it.
    ///
    /// Members that are not listed in the documentation change nothing here, and are not signed.
    public func appendSigned(to tuple: inout TupleBytes) {
        appendDeed(to: &tuple)
        tuple.append(target)
        tuple.append(from)
        tuple.append(reason)
        tuple.append(cause)
        tuple.append(needs)
        auth?.append(to: &tuple)
    }

    /// Adds everything that changes what is done or answered.
    private func appendDeed(to tuple: inout TupleBytes) {
        tuple.append(taskID)
        tuple.append(timestamp)
        tuple.append(expiresText)
        tuple.append(verb.word)
        switch verb {
        case .command(let request), .check(let request):
            tuple.append(request.service.text)
            tuple.append(request.command.text)
            tuple.append(request.parameters)
        case .cancel(let id): tuple.append(id)
        case .fetch(let request):
            tuple.append(request.taskID)
            tuple.append(request.stream.rawValue)
            tuple.append(request.offset)
            tuple.append(request.length)
        case .config(let text): tuple.append(SHA256(of: Array(text.utf8)).description)
        case .replace(let request): request.append(to: &tuple)
        }
        for wish in [reply.detail, reply.follow, reply.events] { tuple.append(wish) }
    }
}
