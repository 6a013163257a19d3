import Audit
import CommandCatalog
import Files
import Glibc
import JSON
import Signatures
import TestSupport
import Testing

/// An agent that trusts keys, asks a policy and writes an audit.
@Suite(.crowd)
struct SignedTaskTests {
    private static func commands(_ directory: TemporaryDirectory) -> JSONValue {
        [
            "note": .string(Stage.noted(in: directory)), "other": .string(Stage.noted("y", in: directory)),
            "held": Stage.held("true", in: directory),
        ]
    }

    private func with(_ trust: Trust, _ members: JSONObject = [:], _ body: (Stage) async throws -> Void) async throws {
        var all = trust.members
        all["LogLevel"] = "info"
        for member in members.members { all[member.name] = member.value }
        try await Stage.with(all, commands: Self.commands, body)
    }

    private func answer(_ stage: Stage, _ id: Int64, _ task: [UInt8]) async throws -> Answer {
        stage.sender.publish(task)
        do {
            return try await stage.sender.answer(to: .integer(id))
        } catch {
            throw SystemFailure("\(error); log: \(stage.agent.log.suffix(3000))")
        }
    }

    @Test("T1: who has no key runs nothing, and the audit says so") func strangersRunNothing() async throws {
        let trust = try Trust()
        let stranger = try Signer("stranger")
        try await with(trust) { (stage: Stage) async throws in
            #expect(try await stage.sender.ask(1, "t", "note").code == 0x1006)
            #expect(try await answer(stage, 2, stranger.task(2, "note")).code == 0x1006)
            // A good name with another's key.
            let liar = try Signer("ops")
            let lie = try await answer(stage, 3, liar.task(3, "note"))
            #expect(lie.code == 0x1006 && lie["reason"] == "not-authentic")
            #expect(stage.executed.isEmpty)
            let refused = try trust.lines().filter { $0.event == .refused }
            #expect(refused.map { $0["reason"] } == ["unsigned", "unknown-key", "not-authentic"])
            #expect(refused.allSatisfy { $0["key"] == nil })
            let status = try #require(stage.agent.status)
            #expect(status["signed"] == true)
            #expect(try JSONSchema("status").violations(of: .object(status)).isEmpty)
        }
    }

    @Test func whoMayIsNamedInTheResultAndInTheAuditAndTheHostSigns() async throws {
        let trust = try Trust()
        try await with(trust) { (stage: Stage) async throws in
            let payload = trust.ops.task(1, "note")
            let result = try await answer(stage, 1, payload)
            #expect(result.code == 0)
            #expect(result["by"] == ["key": "ops", "role": "operator", "from": "ops@desk", "reason": "test"])
            #expect(try JSONSchema("result").violations(of: .object(result.members)).isEmpty)
            let key = try #require(stage.agent.status?["key"]?.string.flatMap { VerificationKey($0) })
            let digest = try TaskMessage(payload).digest
            #expect(
                ResultSignature.verdict(on: result.members, host: "web01", task: digest, key: key) == .authentic)
            #expect(ResultSignature.verdict(on: result.members, host: "web02", task: digest, key: key) == .forged)
            #expect(try trust.events(1) == ["accepted", "started", "finished"])
            let lines = try trust.lines()
            let accepted = try #require(lines.first { $0.event == .accepted })
            #expect(accepted["key"] == "ops" && accepted["verdict"] == "allowed by rule 1, policy.json:1")
            #expect(accepted["digest"] == digest.description)
            stage.agent.end()
            let head = try AuditHead(path: stage.agent.directory.path("state/audit.head"))
            let report = try AuditVerification.report(
                on: AuditFiles(trust.directory.path("audit.log")), head: head)
            #expect(report.findings.isEmpty && report.hasHead)
            let last = try trust.lines().last
            #expect(last?.event == .agentStopped)
        }
    }

    /// As a unit an agent has no right to make another the owner of a file, be it the one that it has.
    @Test func agentNeedsNoChangeOfOwners() async throws {
        let trust = try Trust()
        var members = trust.members
        members["MetricsFile"] = .string(trust.directory.path("recoverd.prom"))
        let prefix = [
            "/usr/bin/strace", "-f", "-qq", "-o", "/dev/null", "-e",
            "inject=chown,fchown,lchown,fchownat:error=EPERM",
        ]
        try await Stage.with(members, prefix: prefix, commands: Self.commands) { (stage: Stage) async throws in
            let result = try await answer(stage, 1, trust.ops.task(1, "note"))
            #expect(result.code == 0 && result["auth"] != nil)
            try await eventually("the files of the agent are there") {
                ["state/audit.head", "state/host-key.pem"].allSatisfy {
                    FileTree.isThere(stage.agent.directory.path($0))
                }
                    && FileTree.isThere(trust.directory.path("recoverd.prom"))
            }
        }
    }

    @Test("T2: a captured task is done once, before and after kill -9, and not late") func replaysDoNothing()
        async throws
    {
        let trust = try Trust()
        try await with(trust) { (stage: Stage) async throws in
            let payload = trust.ops.task(1, "note")
            #expect(try await answer(stage, 1, payload).code == 0)
            for _ in 1...3 { stage.sender.publish(payload) }
            try await eventually("the stored answers") { stage.sender.answers(to: 1).count == 4 }
            try await stage.restart(SIGKILL)
            stage.sender.publish(payload)
            try await eventually("the stored answer") {
                stage.sender.answers(to: 1).filter { $0["replayed"] == true }.count == 4
            }
            #expect(stage.sender.answers(to: 1).allSatisfy { $0.code == 0 })
            #expect(stage.executed.count == 1)
            // The same id with other content, by the same key.
            stage.sender.publish(trust.ops.task(1, "other"))
            try await eventually("a refusal") { stage.sender.answers(to: 1).contains { $0.code == 0x1100 } }
            let old = try await answer(stage, 2, trust.ops.task(2, "note", at: .now + .seconds(-301)))
            #expect(old.code == 0x1005 && old.message?.contains("clock says") == true)
            let early = try await answer(stage, 3, trust.ops.task(3, "note", at: .now + .seconds(90)))
            #expect(early.code == 0x1005)
            #expect(stage.executed.count == 1)
        }
    }

    @Test func anIDIsAKeysOwnAndUsedOnce() async throws {
        let trust = try Trust(rules: [["action": "allow", "who": "*", "service": "*", "command": "*"]])
        try await with(trust) { (stage: Stage) async throws in
            #expect(try await answer(stage, 1, trust.ops.task(1, "note")).code == 0)
            stage.sender.publish(trust.guest.task(1, "note", at: .now + .seconds(1)))
            try await stage.executions(2)
            stage.sender.publish(trust.ops.task(1, "other"))
            try await eventually("a refusal") { stage.sender.answers(to: 1).contains { $0.code == 0x1100 } }
            #expect(stage.executed == ["x", "x"])
        }
    }

    @Test("T4: a task for another host is refused wherever it comes") func anotherHostsTaskIsRefused() async throws {
        let trust = try Trust()
        try await with(trust) { (stage: Stage) async throws in
            let refused = try await answer(stage, 1, trust.ops.task(1, "note", target: "host/web02"))
            #expect(refused.code == 0x1008 && refused["reason"] == "wrong-target")
            #expect(stage.executed.isEmpty)
        }
    }

    @Test("M52: what no rule allows is denied, with the rule") func policyDenies() async throws {
        let trust = try Trust(rules: [
            ["action": "deny", "who": "role:operator", "service": "t", "command": "other"],
            ["action": "allow", "who": "role:operator", "kind": "*", "service": "*", "command": "*"],
        ])
        try await with(trust) { (stage: Stage) async throws in
            let denied = try await answer(stage, 1, trust.ops.task(1, "other"))
            #expect(denied.code == 0x1007 && denied.message == "Not allowed: denied by rule 1, policy.json:1")
            #expect(try await answer(stage, 2, trust.guest.task(2, "note")).code == 0x1007)
            #expect(try await answer(stage, 3, trust.ops.task(3, "ping", service: "agent")).code == 0x1007)
            #expect(try await answer(stage, 4, trust.ops.task(4, .cancel(.integer(1)))).code == 0x1007)
            #expect(try await answer(stage, 5, trust.ops.task(5, "note")).code == 0)
            let request = CommandRequest(
                service: try #require(Name("t")), command: try #require(Name("other")), parameters: nil)
            let check = try await answer(stage, 6, trust.ops.task(6, .check(request)))
            #expect(check.content?["policy"] == "denied by rule 1, policy.json:1")
            #expect(stage.executed == ["x"])
        }
    }

    @Test func keysWithoutAPolicyMayNothing() async throws {
        let trust = try Trust()
        try await with(trust, ["PolicyFile": .null]) { (stage: Stage) async throws in
            #expect(try await answer(stage, 1, trust.ops.task(1, "note")).code == 0x1007)
            #expect(stage.executed.isEmpty)
        }
    }

    @Test func aChangedPolicyIsInForceSoonAndABrokenOneNever() async throws {
        let trust = try Trust(rules: [])
        try await with(trust) { (stage: Stage) async throws in
            #expect(try await answer(stage, 1, trust.ops.task(1, "note")).code == 0x1007)
            try trust.write(rules: Trust.operatorsMayAll)
            try await eventually("the new policy") { stage.agent.log.contains("the policy changed") }
            #expect(try await answer(stage, 2, trust.ops.task(2, "note")).code == 0)
            try trust.directory.write(Array("{\"rules\": 1}".utf8), to: "policy.json")
            try await eventually("the mistake in the status") {
                stage.agent.status?["policy"]?.object?["error"] != nil
            }
            #expect(try await answer(stage, 3, trust.ops.task(3, "note")).code == 0)
        }
    }

    @Test func aRevokedKeyStartsNothingMoreNotEvenWhatWaits() async throws {
        let trust = try Trust()
        try await with(trust, ["MaxConcurrent": 1]) { (stage: Stage) async throws in
            stage.sender.publish(trust.ops.task(1, "held"))
            try await stage.executions(1)
            stage.sender.publish(trust.ops.task(2, "note"))
            try await eventually("the second waits") { try trust.events(2) == ["accepted"] }
            try trust.trust(trust.ops, roles: ["operator"], ["revoked": true])
            let waited = try await stage.sender.answer(to: 2)
            #expect(waited.code == 0x1006 && waited["reason"] == "key-not-valid")
            let late = try await answer(stage, 3, trust.ops.task(3, "note"))
            #expect(late.code == 0x1006 && late["reason"] == "key-not-valid")
            stage.openGate()
            // What runs goes on to its end.
            #expect(try await stage.sender.answer(to: 1).code == 0)
            #expect(stage.executed.count == 1)
        }
    }

    @Test("T5: no removed file opens the host to everybody") func withoutKeysAgainNothingIsUnsigned() async throws {
        let trust = try Trust()
        try await with(trust) { (stage: Stage) async throws in
            unlink(trust.directory.path("keys.d/ops.pub"))
            unlink(trust.directory.path("keys.d/guest.pub"))
            try await eventually("the keys are gone") { stage.agent.log.contains("the trusted keys changed") }
            #expect(try await stage.sender.ask(1, "t", "note").code == 0x1006)
            try stage.agent.rewrite(["KeyDirectory": .null])
            stage.agent.send(SIGHUP)
            try await eventually("the configuration is read") { stage.agent.log.contains("the configuration") }
            #expect(try await stage.sender.ask(2, "t", "note").code == 0x1006)
            #expect(stage.executed.isEmpty)
        }
    }

    @Test func aServiceMayDoWithoutSignaturesWhereThePolicySaysSo() async throws {
        let trust = try Trust(rules: [
            ["action": "allow", "who": "@unsigned", "service": "t", "command": "note"]
        ])
        try await with(trust, ["AllowUnsigned": ["t"]]) { (stage: Stage) async throws in
            #expect(try await stage.sender.ask(1, "t", "note").code == 0)
            #expect(try await stage.sender.ask(2, "t", "other").code == 0x1007)
            #expect(try await stage.sender.ask(3, "agent", "ping").code == 0x1006)
        }
    }

    @Test func aRepeatedTaskIsAnsweredWhateverThePolicySaysMeanwhile() async throws {
        let trust = try Trust(rules: [["action": "allow", "who": "@unsigned", "service": "t", "command": "*"]])
        try await with(trust, ["KeyDirectory": .null]) { (stage: Stage) async throws in
            #expect(try await stage.sender.ask(1, "t", "note").code == 0)
            try trust.write(rules: [])
            try await eventually("the new policy") { stage.agent.log.contains("the policy changed") }
            stage.sender.send(1, "t", "note")
            try await eventually("the stored answer") { stage.sender.answers(to: 1).count == 2 }
            #expect(stage.sender.answers(to: 1).allSatisfy { $0.code == 0 })
            #expect(try await stage.sender.ask(2, "t", "note").code == 0x1007)
            #expect(stage.executed.count == 1)
        }
    }

    @Test func aChallengeStandsInPlaceOfTheTime() async throws {
        let trust = try Trust()
        try await with(trust, ["RequireTimestamp": true]) { (stage: Stage) async throws in
            let challenge = try #require(stage.agent.status?["challenge"]?.string)
            let past = Timestamp.now + .seconds(-86_400)
            #expect(try await answer(stage, 1, trust.ops.task(1, "note", at: past, challenge: "0")).code == 0x1005)
            #expect(try await answer(stage, 2, trust.ops.task(2, "note", at: past, challenge: challenge)).code == 0)
        }
    }

    @Test func aHostWhoseClockFellBehindCanStillBeRepaired() async throws {
        let trust = try Trust()
        try await with(trust) { (stage: Stage) async throws in
            stage.agent.end()
            try stage.moveHighWater(days: 1)
            try await stage.agent.start(stage.broker)
            let late = try await answer(stage, 1, trust.ops.task(1, "note"))
            #expect(late.code == 0x1005 && late["reason"] == "clock-suspect")
            // By its answer the sender knows what the host takes for the time.
            #expect(late.message?.contains("it says 2") == true)
            let challenge = try #require(stage.agent.status?["challenge"]?.string)
            #expect(try await answer(stage, 2, trust.ops.task(2, "note", challenge: challenge)).code == 0)
        }
    }

    @Test("T26: who asks too often waits, and nobody else") func senderIsBraked() async throws {
        let trust = try Trust(rules: [["action": "allow", "who": "*", "service": "*", "command": "*"]])
        try await with(trust, ["SenderRate": "3/1h"]) { (stage: Stage) async throws in
            for id in 1...3 as ClosedRange<Int64> {
                #expect(try await answer(stage, id, trust.ops.task(id, "note")).code == 0)
            }
            let braked = try await answer(stage, 4, trust.ops.task(4, "note"))
            #expect(braked.code == 0x1101 && braked["reason"] == "too-often")
            #expect(try await answer(stage, 5, trust.guest.task(5, "note")).code == 0)
            #expect(stage.executed.count == 4)
        }
    }

    @Test func auditGoesToTheBrokerLineByLine() async throws {
        let trust = try Trust()
        try await with(trust) { (stage: Stage) async throws in
            try await Sender.with(stage.broker, results: "recovery/web01/event") { listener in
                #expect(try await answer(stage, 1, trust.ops.task(1, "note")).code == 0)
                func lines() -> [String] {
                    listener.answers.flatMap { $0["lines"]?.array ?? [] }.compactMap(\.string)
                }
                try await eventually("the end is told") { lines().contains { $0.contains("\"finished\"") } }
                let file = try trust.directory.text(of: "audit.log").split(separator: "\n").map(String.init)
                #expect(lines() == Array(file.suffix(lines().count)) && lines().count == 3)
                for event in listener.answers {
                    #expect(try JSONSchema("event").violations(of: .object(event.members)) == [])
                }
            }
        }
    }

    @Test func auditGoesWhereTheHostsTopicsAre() async throws {
        let trust = try Trust()
        try await with(trust) { (stage: Stage) async throws in
            try await Sender.with(stage.broker, results: "other/web01/event") { listener in
                try stage.agent.rewrite(["Root": "other"])
                stage.agent.send(SIGHUP)
                try await eventually("the configuration is read") {
                    stage.agent.log.contains("the configuration was read again")
                }
                #expect(try await answer(stage, 1, trust.ops.task(1, "note")).code == 0)
                try await eventually("its lines are told there") {
                    listener.answers.contains { $0["kind"] == "audit" && $0["host"] == "web01" }
                }
            }
        }
    }
}
