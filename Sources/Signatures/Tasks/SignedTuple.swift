public import CommandCatalog
public import JSON

/// The bytes that a signature is made of.
///
/// Never JSON text, which has many spellings of one meaning: the decoded fields, each with its kind and its length, behind
/// a word that tells what they are. So a signature vouches for one meaning of one kind of message, and for nothing else.
public struct SignedTuple: Sendable, Equatable {
    /// The bytes.
    public let bytes: [UInt8]

    /// What a task's sender signs; the signature that stands in its `auth` already is not part of it.
    public init(_ task: TaskMessage) {
        var tuple = TupleBytes()
        tuple.append("recoverd-cmd-v1")
        task.appendSigned(to: &tuple)
        bytes = tuple.bytes
    }

    /// What a host signs: every member of the result but `auth`, and to which task on which host it belongs.
    public init(result: JSONObject, host: String, task: TaskDigest) {
        var result = result
        result["auth"] = nil
        var tuple = TupleBytes()
        tuple.append("recoverd-result-v1")
        tuple.append(host)
        tuple.append(task.description)
        tuple.append(.object(result))
        bytes = tuple.bytes
    }
}
