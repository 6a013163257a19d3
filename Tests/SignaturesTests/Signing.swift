import CommandCatalog
import JSON
import Signatures
import TestSupport
import Testing

/// A host, those whom it trusts, and the moment in which it decides.
struct Signing {
    static let key = SigningKey.random()
    static let now = Timestamp(seconds: 1_795_248_000)
    static let id = identity("ops-2026a")

    /// What the host `web01` of the group `web` trusts.
    var verification = Verification(
        ring: KeyRing([TrustedKey(id: id, key: key.verificationKey, roles: ["operator"])]),
        identities: ["host/web01", "group/web"], unsignedServices: [])

    static func identity(_ text: String) -> KeyID {
        guard let id = KeyID(text) else { preconditionFailure("\(text) is no name of a key") }
        return id
    }

    static func auth(
        _ target: String = "host/web01", expires: Timestamp? = nil, challenge: String? = nil
    ) -> TaskAuthentication {
        TaskAuthentication(keyID: id, target: target, expires: expires, nonce: "00", challenge: challenge)
    }

    /// A task with everything that can stand in one.
    static func task(at time: Timestamp = now) throws -> TaskMessage {
        let request = CommandRequest(
            service: try name("nginx"), command: try name("restart"),
            parameters: [try name("port"): 8080, try name("who"): "ann"])
        return TaskMessage(
            taskID: .integer(17), timestamp: time, verb: .command(request), expires: time + .seconds(300),
            reply: ReplyWishes(detail: true), reason: "502", from: "ann@desk", target: "host/web01",
            cause: ["rule": "load"], needs: ["auth", "reply"])
    }

    /// What the host finds about a payload; `nil` where it is no task.
    func verdict(
        on payload: [UInt8], at now: Timestamp = now, isClockSuspect: Bool = false, challenges: [String] = []
    ) -> Verification.Verdict? {
        guard let task = try? TaskMessage(payload) else { return nil }
        return verification.verdict(
            on: task, at: .init(now: now, isClockSuspect: isClockSuspect, challenges: challenges))
    }

    /// What the host finds about a task.
    func verdict(
        on task: TaskMessage, at now: Timestamp = now, isClockSuspect: Bool = false, challenges: [String] = []
    ) -> Verification.Verdict? {
        verdict(on: task.json.bytes, at: now, isClockSuspect: isClockSuspect, challenges: challenges)
    }
}

extension Verification.Verdict? {
    /// The word for why a task was refused; `nil` where it was not.
    var reason: ResultReason? {
        guard case .refused(let refusal)? = self else { return nil }
        return refusal.reason
    }

    /// The code of the answer to a task that was refused; `nil` where it was not.
    var code: ResultCode? {
        guard case .refused(let refusal)? = self else { return nil }
        return refusal.code
    }

    /// Whether somebody vouches for the task.
    var isSigned: Bool {
        guard case .signed? = self else { return false }
        return true
    }
}

/// A name for a test.
func name(_ text: String) throws -> Name { try #require(Name(text)) }
