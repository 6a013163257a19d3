import CommandCatalog
import JSON
import Signatures
import TestSupport
import Testing

/// Threats T2 to T6 as far as they are decided without a journal, and rows M15, M16 and M45 to M56 of the corpus.
struct ThreatTests {
    private var host = Signing()

    private static func text(_ task: TaskMessage) -> String { task.json.text }

    @Test func signedTaskIsAccepted() throws {
        let task = try Signing.key.sign(Signing.task(), Signing.auth())
        let key = TrustedKey(id: Signing.id, key: Signing.key.verificationKey, roles: ["operator"])
        #expect(host.verdict(on: task) == .signed(key))
        let group = Signing.key.sign(
            TaskMessage(taskID: .integer(1), timestamp: Signing.now, verb: .cancel(.text("x"))),
            Signing.auth("group/web"))
        #expect(host.verdict(on: group).isSigned)
    }

    /// T2, M40, M41: a captured message is good for 300 s; within them the journal knows it.
    @Test(arguments: [
        (-61, false), (-60, true), (-1, true), (0, true), (1, true), (299, true), (300, true), (301, false),
        (3600, false), (-1_795_248_000, false),
    ])
    func replayMeetsTheWindow(seconds: Int, isAccepted: Bool) throws {
        let task = TaskMessage(taskID: .integer(1), timestamp: Signing.now, verb: .cancel(.integer(3)))
        let signed = Signing.key.sign(task, Signing.auth())
        let verdict = host.verdict(on: signed, at: Signing.now + .seconds(seconds))
        #expect(verdict.isSigned == isAccepted)
        #expect(verdict.code == (isAccepted ? nil : .expired))
    }

    /// T2: the window holds also for an agent that lets unsigned tasks come without a timestamp.
    @Test func signedTaskNeedsItsTime() throws {
        for text in ["", "\"timestamp\": \"now\", "] {
            let plain = "{\(text)\"task_id\": 1, \"service\": \"s\", \"command\": \"c\"}"
            let task = Signing.key.sign(try TaskMessage(Array(plain.utf8)), Signing.auth())
            #expect(host.verdict(on: task).code == .expired)
        }
    }

    @Test func expiryOfTaskAndSignatureBothCount() throws {
        let task = try Signing.key.sign(Signing.task(), Signing.auth(expires: Signing.now + .seconds(10)))
        #expect(host.verdict(on: task, at: Signing.now + .seconds(9)).isSigned)
        #expect(host.verdict(on: task, at: Signing.now + .seconds(10)).reason == .expired)
        let early = try Signing.key.sign(Signing.task(at: Signing.now + .seconds(-299)), Signing.auth())
        #expect(host.verdict(on: early).isSigned)
        #expect(host.verdict(on: early, at: Signing.now + .seconds(1)).reason == .expired)
    }

    @Test func challengeStandsForTheTimeOfABrokenClock() throws {
        let task = TaskMessage(taskID: .integer(1), timestamp: Signing.now, verb: .cancel(.integer(3)))
        let plain = Signing.key.sign(task, Signing.auth())
        let challenged = Signing.key.sign(task, Signing.auth(challenge: "c1"))
        for broken in [Timestamp(seconds: 0), Timestamp(seconds: 2_145_916_800)] {
            #expect(host.verdict(on: plain, at: broken, challenges: ["c1"]).code == .expired)
            #expect(host.verdict(on: challenged, at: broken, challenges: ["c0", "c1"]).isSigned)
            #expect(host.verdict(on: challenged, at: broken, challenges: ["c0", "c2"]).code == .expired)
        }
        #expect(host.verdict(on: plain, isClockSuspect: true).reason == .clockSuspect)
        #expect(host.verdict(on: challenged, isClockSuspect: true, challenges: ["c1"]).isSigned)
        let refusal = host.verdict(on: plain, at: Timestamp(seconds: 0))
        guard case .refused(let why)? = refusal else { return #expect(refusal == nil, "expected a refusal") }
        #expect(why.message.contains("1970-01-01T00:00:00Z"))
    }

    @Test func keysAreJudgedByTheLatestTimeWhereTheClockFellBehind() throws {
        var host = host
        let key = TrustedKey(
            id: Signing.id, key: Signing.key.verificationKey, notBefore: Signing.now + .seconds(-60),
            notAfter: Signing.now + .seconds(60))
        host.verification.ring = KeyRing([key])
        let task = TaskMessage(taskID: .integer(1), timestamp: Signing.now, verb: .cancel(.integer(3)))
        let signed = Signing.key.sign(task, Signing.auth(challenge: "c"))
        for (seen, isGood) in [(-3600, false), (0, true), (3600, false)] {
            let moment = Verification.Moment(
                now: Timestamp(seconds: 0), isClockSuspect: true, latestSeen: Signing.now + .seconds(seen),
                challenges: ["c"])
            let verdict: Verification.Verdict? = host.verification.verdict(on: signed, at: moment)
            #expect(verdict.isSigned == isGood)
        }
    }

    /// T4, M51: the topic says nothing about whom a task is for.
    @Test(arguments: [
        "host/web02", "group/db", "", "web01", "web", "host/web0", "host/web01/", "HOST/WEB01", "host/web01\u{200B}",
        "group/web01", "host/web",
    ])
    func taskForAnotherHostIsRefused(target: String) throws {
        let task = TaskMessage(taskID: .integer(1), timestamp: Signing.now, verb: .cancel(.integer(3)))
        #expect(host.verdict(on: Signing.key.sign(task, Signing.auth(target))).code == .wrongTarget)
        let other = TaskMessage(
            taskID: .integer(1), timestamp: Signing.now, verb: .cancel(.integer(3)), target: target)
        #expect(host.verdict(on: Signing.key.sign(other, Signing.auth())).code == .wrongTarget)
        var open = host
        open.verification.ring = .empty
        #expect(open.verdict(on: other).code == .wrongTarget)
        #expect(open.verdict(on: Signing.key.sign(task, Signing.auth(target))).code == .wrongTarget)
    }

    /// T5, M46, M47, M56: whoever strips or breaks `auth` gets nothing by it.
    @Test(arguments: [
        "", "\"auth\":null,", "\"auth\":\"\",", "\"auth\":[],", "\"auth\":{},", "\"auth\":false,", "\"Auth\":{},",
        "\"auth\":{\"v\":1},",
    ])
    func strippedSignatureIsRefused(replacement: String) throws {
        let signed = try Signing.key.sign(Signing.task(), Signing.auth())
        var object = try #require(signed.json.object)
        object["auth"] = nil
        let text = "{\(replacement)" + JSONValue.object(object).text.dropFirst()
        switch host.verdict(on: Array(text.utf8)) {
        case .refused(let refusal)?: #expect(refusal.code == .notAuthentic && refusal.reason == .unsigned)
        case let verdict: #expect(verdict == nil)
        }
        var open = host
        open.verification.unsignedServices = [try name("other")]
        #expect(!open.verdict(on: Array(text.utf8)).isSigned)
        #expect(open.verdict(on: Array(text.utf8)) != .unsigned)
        // Where unsigned tasks are welcome, a broken signature still is none.
        open.verification.unsignedServices = [try name("nginx")]
        let isPlain = replacement.isEmpty || replacement.contains("Auth")
        #expect(open.verdict(on: Array(text.utf8)) == (isPlain ? .unsigned : nil))
        open.verification.ring = .empty
        #expect(open.verdict(on: Array(text.utf8)) == (isPlain ? .unsigned : nil))
    }

    /// T5, M47: another version, another algorithm, and the one that the key is not for.
    @Test(arguments: [
        ("\"v\":1", "\"v\":0"), ("\"v\":1", "\"v\":2"), ("\"v\":1", "\"v\":\"1\""), ("\"ed25519\"", "\"none\""),
        ("\"ed25519\"", "\"HS256\""), ("\"ed25519\"", "\"ED25519\""), ("\"ed25519\"", "\"rsa\""),
        ("\"ed25519\"", "\"\""),
    ])
    func otherAlgorithmIsRefused(old: String, new: String) throws {
        let text = try Signing.key.sign(Signing.task(), Signing.auth()).json.text
        let range = try #require(text.firstRange(of: old))
        let payload = Array((text[..<range.lowerBound] + new + text[range.upperBound...]).utf8)
        #expect(host.verdict(on: payload).reason == (new.contains("v") ? nil : .notAuthentic))
        #expect(!host.verdict(on: payload).isSigned)
        var open = host
        open.verification.ring = .empty
        #expect(open.verdict(on: payload) != .unsigned)
    }

    /// T5: as soon as one key is known, what is not signed is refused, unless its service needs no signature.
    @Test func downgradeRule() throws {
        var host = host
        let plain = TaskMessage(
            taskID: .integer(1), timestamp: Signing.now, service: try name("agent"), command: try name("ping"))
        let cancel = TaskMessage(taskID: .integer(1), timestamp: Signing.now, verb: .cancel(.integer(3)))
        #expect(host.verdict(on: plain).reason == .unsigned)
        host.verification.unsignedServices = [try name("agent")]
        #expect(host.verdict(on: plain) == .unsigned)
        #expect(host.verdict(on: cancel).reason == .unsigned)
        let foreign = SigningKey.random().sign(plain, Signing.auth())
        #expect(host.verdict(on: foreign).reason == .notAuthentic)
        host.verification.ring = .empty
        host.verification.unsignedServices = []
        #expect(host.verdict(on: cancel) == .unsigned)
        #expect(host.verdict(on: foreign) == .unsigned)
        host.verification.ring = KeyRing([], demandsSignatures: true)
        #expect(host.verdict(on: cancel).reason == .unsigned)
        #expect(host.verdict(on: foreign).reason == .unknownKey)
    }

    /// T6, M15, M16: one object, one meaning.
    @Test(arguments: [
        "\"service\":\"b\",", "\"\\u0073ervice\":\"b\",", "\"command\":\"b\",", "\"task_id\":2,", "\"auth\":{},",
        "\"\\u0061uth\":null,", "\"other\":{\"a\":1,\"a\":2},", "\"other\":[{\"a\":1,\"\\u0061\":2}],",
    ])
    func nameGivenTwiceIsNoTask(member: String) throws {
        let text = try Signing.key.sign(Signing.task(), Signing.auth()).json.text
        #expect(host.verdict(on: Array("{\(text.dropFirst())".utf8)).isSigned)
        #expect(host.verdict(on: Array("{\(member)\(text.dropFirst())".utf8)) == nil)
        #expect(host.verdict(on: Array("\(text.dropLast()),\(member.dropLast())}".utf8)) == nil)
    }

    /// M48: keys that may not be used.
    @Test func keyMustBeKnownAndValid() throws {
        var host = host
        let signed = try Signing.key.sign(Signing.task(), Signing.auth())
        func verdict(_ start: Int? = nil, _ end: Int? = nil, isRevoked: Bool = false) -> ResultReason? {
            let key = TrustedKey(
                id: Signing.id, key: Signing.key.verificationKey,
                notBefore: start.map { Signing.now + .seconds($0) }, notAfter: end.map { Signing.now + .seconds($0) },
                isRevoked: isRevoked)
            host.verification.ring = KeyRing([key])
            return host.verdict(on: signed).reason
        }
        #expect(verdict() == nil && verdict(0, 1) == nil)
        #expect(verdict(1) == .keyNotValid && verdict(nil, 0) == .keyNotValid && verdict(-9, -1) == .keyNotValid)
        #expect(verdict(isRevoked: true) == .keyNotValid)
        host.verification.ring = KeyRing([
            TrustedKey(id: Signing.identity("other"), key: Signing.key.verificationKey)
        ])
        #expect(host.verdict(on: signed).reason == .unknownKey)
        host.verification.ring = KeyRing([
            TrustedKey(id: Signing.id, key: SigningKey.random().verificationKey)
        ])
        #expect(host.verdict(on: signed).reason == .notAuthentic)
    }

    /// T30, M50: what was signed as something else vouches for no task.
    @Test func signatureOfAnotherKindIsRefused() throws {
        var task = try Signing.task()
        task.auth = Signing.auth()
        let object = try #require(task.json.object)
        let others = [
            SignedTuple(result: object, host: "web01", task: task.digest).bytes, task.json.bytes, task.digest.bytes,
            Array(SignedTuple(task).bytes.dropFirst(9 + 15)),
        ]
        for bytes in others {
            task.auth?.signature = Signing.key.signature(of: bytes)
            #expect(host.verdict(on: task).reason == .notAuthentic)
        }
        let whole = SignedTuple(task).bytes
        task.auth?.signature = Signing.key.signature(of: whole)
        #expect(host.verdict(on: task).isSigned)
    }

    /// M24, M63: what is not signed changes nothing.
    @Test func otherMembersAndWhiteSpaceDoNotCount() throws {
        let signed = try Signing.key.sign(Signing.task(), Signing.auth())
        let text = signed.json.text
        let spaced = text.split(separator: ",").joined(separator: " ,\n ")
        let more = "{\"extra\": [1], \(text.dropFirst())"
        for text in [spaced, more] {
            #expect(host.verdict(on: Array(text.utf8)).isSigned)
            #expect(try SignedTuple(TaskMessage(Array(text.utf8))) == SignedTuple(signed))
        }
    }
}
