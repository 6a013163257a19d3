import Audit
import CommandCatalog
import Glibc
import JSON
import ProgramOptions
import Signatures
import TestSupport
import Testing

/// What somebody can bring about who has seen the tasks of others, and may do nothing himself.
@Suite(.crowd)
struct CapturedTaskTests {
    private static let rules: JSONValue = [
        ["action": "allow", "who": "role:operator", "kind": "*", "service": "*", "command": "*"],
        ["action": "allow", "who": "role:operator", "kind": ["cancel", "fetch"]],
        ["action": "allow", "who": "*", "service": "agent", "command": "ping"],
    ]

    private func with(
        _ trust: Trust, _ members: JSONObject = [:], _ body: (Stage) async throws -> Void
    ) async throws {
        var configuration = trust.members
        for member in members.members { configuration[member.name] = member.value }
        try await Stage.with(configuration) { directory in
            [
                "note": .string(Stage.noted(in: directory)), "held": Stage.held("true", in: directory),
                "kept": Stage.held("true", in: directory),
                "secret": "echo sesame", "large": "seq 1 10000",
            ]
        } _: {
            try await body($0)
        }
    }

    /// Another message for the same task: one letter of its signature is another one.
    private func spoiled(_ payload: [UInt8]) -> [UInt8] {
        let mark = Array("\"sig\":\"".utf8)
        guard let start = payload.indices.first(where: { payload[$0...].starts(with: mark) }) else { return [] }
        var payload = payload
        let place = start + mark.count + 8
        payload[place] = payload[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        return payload
    }

    @Test("T22: a refusal is signed for the message that was refused, and for no other of the same task")
    func refusalOfASpoiledMessageIsNoAnswerToTheRealOne() async throws {
        let trust = try Trust(rules: Self.rules)
        try await with(trust) { (stage: Stage) async throws in
            let real = trust.ops.task(1, "held")
            let forged = spoiled(real)
            let (task, other) = (try TaskMessage(real), try TaskMessage(forged))
            #expect(task.digest == other.digest && task.messageDigest != other.messageDigest)
            stage.sender.publish(real)
            try await stage.executions(1)
            stage.sender.publish(forged)
            let key = try SigningKey(file: stage.agent.directory.path("state/host-key.pem")).verificationKey
            let host = try #require(HostIdentity("web01"))
            func verdict(_ answer: Answer, _ task: TaskMessage) -> AnswerVerdict {
                AnswerVerdict(on: answer.payload, of: host, to: task, by: key)
            }
            let refusal = try await stage.sender.answer(to: 1)
            #expect(refusal.code == 0x1006)
            #expect(verdict(refusal, task) == .refuted && verdict(refusal, other) == .proved)
            stage.openGate()
            try await eventually("the real answer") { stage.sender.answers(to: 1).count == 2 }
            let answer = try #require(stage.sender.answers(to: 1).last)
            #expect(answer.code == 0 && verdict(answer, task) == .proved)
        }
    }

    @Test("T2: a question that is sent again uses up nothing, and is no second line of the audit")
    func questionThatIsSentAgainCostsItsSenderNothing() async throws {
        let trust = try Trust(rules: Self.rules)
        try await with(trust, ["SenderRate": "3/1h"]) { (stage: Stage) async throws in
            let captured = trust.guest.task(1, "ping", service: "agent")
            let denied = trust.guest.task(2, "note")
            for _ in 1...10 {
                stage.sender.publish(captured)
                stage.sender.publish(denied)
            }
            try await eventually("all are answered") {
                stage.sender.answers(to: 1).count == 10 && stage.sender.answers(to: 2).count == 10
            }
            #expect(stage.sender.answers(to: 2).allSatisfy { $0.code == 0x1007 })
            stage.sender.publish(trust.guest.task(3, "ping", service: "agent"))
            #expect(try await stage.sender.answer(to: 3).code == 0)
            // The share is used up by now, so it was counted.
            stage.sender.publish(trust.guest.task(4, "ping", service: "agent"))
            #expect(try await stage.sender.answer(to: 4).code == 0x1101)
            #expect(try trust.events(1) == ["finished"])
        }
    }

    @Test func whatIsBrakedIsNotLetThroughWhenItIsSentAgain() async throws {
        let trust = try Trust(rules: [["action": "allow", "who": "*", "service": "*", "command": "*"]])
        try await with(trust, ["SenderRate": "1/1h", "ServiceRate": "1/1h"]) { (stage: Stage) async throws in
            stage.sender.publish(trust.ops.task(1, "note"))
            #expect(try await stage.sender.answer(to: 1).code == 0)
            let (braked, late) = (trust.ops.task(2, "note"), trust.guest.task(3, "note"))
            for _ in 1...3 {
                stage.sender.publish(braked)
                stage.sender.publish(late)
            }
            try await eventually("all are answered") {
                stage.sender.answers(to: 2).count == 3 && stage.sender.answers(to: 3).count == 3
            }
            #expect((stage.sender.answers(to: 2) + stage.sender.answers(to: 3)).allSatisfy { $0.code == 0x1101 })
            #expect(stage.executed.count == 1)
        }
    }

    @Test func cancelThatIsSentAgainEndsNobodyElsesTask() async throws {
        let trust = try Trust(rules: Self.rules)
        let third = try Signer("third")
        try trust.trust(third, roles: ["operator"])
        try await with(trust) { (stage: Stage) async throws in
            stage.sender.publish(trust.ops.task(5, "held"))
            try await stage.executions(1)
            let cancel = trust.ops.task(6, .cancel(.integer(5)))
            stage.sender.publish(cancel)
            #expect(try await stage.sender.answer(to: 6).code == 0)
            #expect(try await stage.sender.answer(to: 5).code == 0x1106)
            stage.sender.publish(third.task(5, "kept"))
            try await stage.executions(2)
            stage.sender.publish(cancel)
            try await eventually("it is answered again") { stage.sender.answers(to: 6).count == 2 }
            stage.openGate()
            try await eventually("the other task ends by itself") {
                stage.sender.answers(to: 5).map(\.code) == [0x1106, 0]
            }
        }
    }

    @Test("the answer to another's task is for those whom the policy lets ask for it")
    func storedAnswerIsNotForEverybodyWithAKey() async throws {
        let trust = try Trust(rules: Self.rules)
        try await with(trust) { (stage: Stage) async throws in
            let time = Timestamp.now
            stage.sender.publish(trust.ops.task(1, "secret", at: time))
            #expect(try await stage.sender.answer(to: 1).message == "sesame")
            let same = trust.guest.task(1, "secret", at: time)
            #expect(try TaskMessage(same).digest == TaskMessage(trust.ops.task(1, "secret", at: time)).digest)
            stage.sender.publish(same)
            try await eventually("it is answered") { stage.sender.answers(to: 1).count == 2 }
            #expect(stage.sender.answers(to: 1).last?.code == 0x1007)
            try await stage.restart(SIGTERM)
            stage.sender.publish(trust.ops.task(1, "secret", at: time))
            try await eventually("his own is answered again") { stage.sender.answers(to: 1).count == 3 }
            #expect(stage.sender.answers(to: 1).last?.message == "sesame")
        }
    }

    @Test func outputOfATaskWhoseMessageGaveWayIsNotFetchedPastThePolicy() async throws {
        let trust = try Trust(rules: [
            ["action": "deny", "who": "guest", "kind": "fetch", "service": "t", "command": "large"],
            ["action": "allow", "who": "*", "kind": "*", "service": "*", "command": "*"],
            ["action": "allow", "who": "*", "kind": "fetch"],
        ])
        try await with(trust, ["JournalAnswers": 65_536]) { (stage: Stage) async throws in
            func fetch(_ signer: Signer, _ id: Int64) async throws -> Int64? {
                stage.sender.publish(signer.task(id, .fetch(OutputRequest(taskID: .integer(1)))))
                return try await stage.sender.answer(to: .integer(id)).code
            }
            stage.sender.publish(trust.ops.task(1, "large"))
            #expect(try await stage.sender.answer(to: 1).code == 0)
            #expect(try await fetch(trust.ops, 100) == 0)
            #expect(try await fetch(trust.guest, 101) == 0x1007)
            for id in 2...9 as ClosedRange<Int64> {
                stage.sender.publish(trust.ops.task(id, "large"))
                #expect(try await stage.sender.answer(to: .integer(id)).code == 0)
            }
            try await eventually(within: .seconds(90), "its message gave way") {
                let request = OutputRequest(taskID: .integer(1))
                stage.sender.publish(trust.ops.task(.random(in: 1000...Int64.max), .fetch(request)))
                usleep(300_000)
                return stage.sender.answers.contains { $0.code == 0x1108 }
            }
            #expect(try await fetch(trust.guest, 102) == 0x1108)
        }
    }

    @Test("what waits is not started under another key of the same name", arguments: [false, true])
    func anotherKeyUnderTheNameEndsWhatWaits(isRestarted: Bool) async throws {
        let trust = try Trust(rules: Self.rules)
        try await with(trust, ["MaxConcurrent": 1]) { (stage: Stage) async throws in
            stage.sender.publish(trust.ops.task(1, "held"))
            try await stage.executions(1)
            stage.sender.publish(trust.ops.task(2, "note"))
            try await eventually("it waits") { try trust.events(2) == ["accepted"] }
            if isRestarted { stage.agent.end(SIGTERM) }
            try trust.trust(try Signer("ops"), roles: ["operator"])
            if isRestarted { try await stage.agent.start(stage.broker) }
            let waited = try await stage.sender.answer(to: 2)
            #expect(waited.code == 0x1006)
            stage.openGate()
            #expect(try await stage.sender.answer(to: 1).code == 0)
            #expect(stage.executed.count == 1)
        }
    }

    @Test func refusalsOfAnIdleAgentAreSafeInASecondToo() async throws {
        let trust = try Trust(rules: Self.rules)
        try await with(trust) { (stage: Stage) async throws in
            let head = stage.agent.directory.path("state/audit.head")
            func isSafe() throws -> Bool {
                try AuditHead(path: head)?.link.sequence == trust.lines().last?.sequence
            }
            try await eventually("the head record knows of the start") { try isSafe() }
            // Nothing is left to do by then.
            try await Task.sleep(for: .milliseconds(1500))
            stage.sender.publish(Sender.task(1, ["service": "t", "command": "note"]))
            #expect(try await stage.sender.answer(to: 1).code == 0x1006)
            try await eventually("the head record knows of the refusal") { try isSafe() }
        }
    }
}
