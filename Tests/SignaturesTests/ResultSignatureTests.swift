import CommandCatalog
import JSON
import Signatures
import TestSupport
import Testing

/// Threats T21 and T22: who answers, and to what.
struct ResultSignatureTests {
    private let key = SigningKey.random()

    private func result() throws -> JSONObject {
        var detail = TaskResult.Detail(host: "web01", bootID: "b", state: .finished, reason: .exited)
        (detail.exit, detail.started, detail.finished) = (0, Signing.now, Signing.now)
        detail.stdout = TaskResult.Output(text: "done\u{0}", bytes: 5, kept: 5)
        return try #require(
            TaskResult(
                taskID: .integer(17), timestamp: Signing.now, message: "done\u{0}", code: .success, detail: detail
            ).json.object)
    }

    private func verdict(
        _ result: JSONObject, host: String = "web01", task: TaskDigest? = nil, key: SigningKey? = nil
    ) throws -> ResultSignature.Verdict {
        ResultSignature.verdict(
            on: result, host: host, task: try task ?? Signing.task().digest,
            key: (key ?? self.key).verificationKey)
    }

    private func signed() throws -> JSONObject {
        ResultSignature.sign(try result(), host: "web01", task: try Signing.task().digest, with: key)
    }

    @Test func hostVouchesForItsAnswer() throws {
        let signed = try signed()
        #expect(try verdict(signed) == .authentic)
        let arrived = try JSONText(JSONValue.object(signed).bytes, allowsNUL: true).value
        #expect(try verdict(#require(arrived.object)) == .authentic)
        #expect(try JSONSchema("result").violations(of: arrived).isEmpty)
        // Whoever does not look for the signature reads the same as before.
        #expect(try TaskResult(json: arrived)?.json == .object(result()))
    }

    @Test func everyMemberIsSigned() throws {
        let signed = try signed()
        for member in signed.members where member.name != "auth" {
            var other = signed
            other[member.name] = nil
            #expect(try verdict(other) == .forged, "\(member.name)")
            other[member.name] = member.value == 1 ? 2 : 1
            #expect(try verdict(other) == .forged, "\(member.name)")
        }
        var more = signed
        more["signal"] = 9
        #expect(try verdict(more) == .forged)
    }

    @Test func otherHostsTasksAndKeysAreNot() throws {
        let signed = try signed()
        let later = try Signing.task(at: Signing.now + .seconds(1)).digest
        #expect(try verdict(signed, host: "web02") == .forged)
        #expect(try verdict(signed, task: later) == .forged)
        #expect(try verdict(signed, key: .random()) == .forged)
        #expect(try verdict(result()) == .unsigned)
    }

    @Test(
        arguments: [
            .null, "", [], [:], ["v": 1, "alg": "ed25519"], ["v": 1, "alg": "ed25519", "sig": ""],
            ["v": 1, "alg": "ed25519", "sig": 1],
        ] as [JSONValue])
    func brokenSignatureIsAForgery(auth: JSONValue) throws {
        var result = try result()
        result["auth"] = auth
        #expect(try verdict(result) == .forged)
        var member = try #require(signed()["auth"]?.object)
        for (name, value) in [("v", 2), ("v", "1"), ("alg", "none"), ("more", 1)] as [(String, JSONValue)] {
            var other = member
            other[name] = value
            result["auth"] = .object(other)
            #expect(try verdict(result) == .forged, "\(name)")
        }
        member["v"] = 1
        result["auth"] = .object(member)
        #expect(try verdict(result) == .authentic)
    }
}
