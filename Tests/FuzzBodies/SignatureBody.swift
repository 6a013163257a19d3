import CommandCatalog
import JSON
import Signatures

/// Nobody but the holder of a key has a task believed: what is accepted says what a seed of the corpus says.
enum SignatureBody {
    /// The key of the corpus; its private half was thrown away when the seeds were signed.
    private static let host: Verification = {
        guard let id = KeyID("fuzz"), let key = VerificationKey(FuzzCorpus.key) else {
            return Verification(ring: KeyRing([], demandsSignatures: true), identities: [])
        }
        return Verification(ring: KeyRing([TrustedKey(id: id, key: key)]), identities: ["host/web01"])
    }()

    static func run(_ bytes: [UInt8]) {
        guard let task = try? TaskMessage(bytes) else { return }
        let moment = Verification.Moment(now: FuzzCorpus.time, challenges: ["c"])
        switch host.verdict(on: task, at: moment) {
        case .signed:
            let known = FuzzCorpus.signed.contains { SignedTuple($0) == SignedTuple(task) }
            require(known, "believed: \(task.json.text)")
        case .unsigned: require(false, "believed without a signature: \(task.json.text)")
        case .refused(let refusal): require(!refusal.message.isEmpty, "a refusal has words")
        }
        require(SignedTuple(task).bytes == SignedTuple(task).bytes, "one task, one tuple")
    }
}
