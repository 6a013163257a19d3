import Audit
import CommandCatalog
import Glibc
import JSON
import Signatures
import TestSupport
import Testing

/// What happens between the acceptance of a signed task and its end, when somebody wants it otherwise.
@Suite(.crowd)
struct SignedWaitingTests {
    private static let all: JSONValue = [
        ["action": "allow", "who": "*", "kind": "*", "service": "*", "command": "*"],
        ["action": "allow", "who": "*", "kind": ["cancel", "fetch"]],
    ]

    private func with(
        _ trust: Trust, _ members: JSONObject = [:], prefix: [String] = [],
        _ body: (Stage) async throws -> Void
    ) async throws {
        var configuration = trust.members
        for member in members.members { configuration[member.name] = member.value }
        try await Stage.with(configuration, prefix: prefix) { directory in
            [
                "note": .string(Stage.noted(in: directory)), "late": .string(Stage.noted("late", in: directory)),
                "secret": "echo sesame", "held": Stage.held("true", in: directory),
                "kept": Stage.held("true", in: directory),
            ]
        } _: {
            try await body($0)
        }
    }

    @Test("T2: what was too late within its batch is ended for good, also for the next agent")
    func lateTaskOfABatchIsNeverStarted() async throws {
        let trust = try Trust()
        try await with(trust) { (stage: Stage) async throws in
            // Its time must be over after it was looked at and before its batch is: of many now and then one's is.
            var hit: Int64?
            var time = Duration.milliseconds(50)
            for round in 1...200 as ClosedRange<Int64> where hit == nil {
                // Those before it keep the agent busy, so that it comes with those behind it; they take no place of it.
                let checks = (1...40 as ClosedRange<Int64>).map {
                    trust.ops.task(round * 100 + $0, .check(Signer.request("note")))
                }
                let late = (50...59 as ClosedRange<Int64>).map { round * 100 + $0 }
                for check in checks.prefix(20) { stage.sender.publish(check) }
                for (index, id) in late.enumerated() {
                    let end = Timestamp.now + time + .milliseconds(2 * index)
                    stage.sender.publish(trust.ops.task(id, .command(Signer.request("late")), expires: end))
                }
                for check in checks.suffix(20) { stage.sender.publish(check) }
                var answers: [Answer] = []
                for id in late { answers.append(try await stage.sender.answer(to: .integer(id))) }
                if let index = answers.firstIndex(where: { $0.message?.contains("had to wait longer") == true }) {
                    hit = late[index]
                }
                // Half of them are to be too late when they come.
                let isTooEarly = answers.count { $0.code == 0x1005 } > late.count / 2
                time = isTooEarly ? time + .milliseconds(8) : max(.milliseconds(1), time - .milliseconds(7))
            }
            let late = try #require(hit, "no task was late within its batch")
            let before = stage.executed.count { $0 == "late" }
            for signal in [SIGKILL, SIGTERM] { try await stage.restart(signal) }
            try await stage.settle()
            #expect(stage.executed.count { $0 == "late" } == before)
            #expect(try trust.events(late) == ["accepted", "finished"])
            #expect(stage.sender.answers(to: .integer(late)).allSatisfy { $0.code == 0x1005 })
        }
    }

    @Test(arguments: [nil, SIGTERM]) func signatureThatEndsKeepsWhatWaitsFromStarting(signal: CInt?) async throws {
        let trust = try Trust()
        try await with(trust, ["MaxConcurrent": 1]) { (stage: Stage) async throws in
            stage.sender.publish(trust.ops.task(1, "held"))
            try await stage.executions(1)
            let end = Timestamp.now + .seconds(2)
            stage.sender.publish(trust.ops.task(2, .command(Signer.request("late")), signatureExpires: end))
            try await eventually("it waits") { try trust.events(2) == ["accepted"] }
            if let signal { stage.agent.end(signal) }
            try await eventually("its time is over") { Timestamp.now > end }
            if signal != nil { try await stage.agent.start(stage.broker) }
            stage.openGate()
            #expect(try await stage.sender.answer(to: 2).code == 0x1005)
            #expect(stage.executed == ["x"])
        }
    }

    @Test func claimThatNobodyCouldCheckIsNotBelievedLater() async throws {
        let trust = try Trust()
        let audit: JSONObject = ["AuditFile": trust.members["AuditFile"] ?? .null, "MaxConcurrent": 1]
        try await Stage.with(audit) {
            ["held": Stage.held("true", in: $0), "note": .string(Stage.noted(in: $0))]
        } _: { (stage: Stage) async throws in
            let liar = try Signer("ops")
            stage.sender.publish(liar.task(1, "held"))
            try await stage.executions(1)
            for (id, signer) in [(2, liar), (3, trust.ops)] as [(Int64, Signer)] {
                stage.sender.publish(signer.task(id, "note"))
            }
            try await eventually("they wait") { try trust.events(3) == ["accepted"] }
            #expect(stage.agent.end(SIGTERM) == 0)
            try stage.agent.rewrite(trust.members)
            try await stage.agent.start(stage.broker)
            stage.openGate()
            #expect(try await stage.sender.answer(to: 3).code == 0)
            #expect(try await stage.sender.answer(to: 2).code == 0x1006)
            #expect(stage.executed == ["x", "x"])
            var query = AuditQuery()
            func keys(_ id: Int64) throws -> [String?] {
                query.taskID = .integer(id)
                return try trust.lines(query).map { $0["key"] }
            }
            #expect(try keys(2) == [nil, nil])
            // His signature is good, though nobody looked at it when his task came.
            #expect(try keys(3) == [nil, "ops", "ops"])
        }
    }

    @Test func cancelEndsTheSendersOwnTaskOfTwoWithOneID() async throws {
        let trust = try Trust(rules: Self.all)
        try await with(trust) { (stage: Stage) async throws in
            stage.sender.publish(trust.ops.task(5, "held"))
            try await stage.executions(1)
            stage.sender.publish(trust.guest.task(5, "kept"))
            try await stage.executions(2)
            stage.sender.publish(trust.ops.task(6, .cancel(.integer(5))))
            #expect(try await stage.sender.answer(to: 6).code == 0)
            let ended = try await stage.sender.answer(to: 5)
            #expect(ended.code == 0x1106)
            var query = AuditQuery()
            query.taskID = .integer(5)
            #expect(try trust.lines(query).filter { $0.event == .finished }.map { $0["key"] } == ["ops"])
            stage.openGate()
            try await eventually("the other ends by itself") {
                stage.sender.answers(to: 5).map(\.code).contains(0)
            }
        }
    }

    @Test("what is fetched is what the policy was asked about") func outputOfAnotherIsNotFetchedUnderHisID()
        async throws
    {
        let trust = try Trust(rules: [
            ["action": "allow", "who": "role:operator", "kind": "*", "service": "*", "command": "*"],
            ["action": "allow", "who": "guest", "kind": ["command", "fetch"], "service": "t", "command": "note"],
        ])
        try await with(trust) { (stage: Stage) async throws in
            for round in 1...20 as ClosedRange<Int64> {
                stage.sender.publish(trust.ops.task(round, "secret"))
                #expect(try await stage.sender.answer(to: .integer(round)).code == 0)
                stage.sender.publish(trust.guest.task(round, "note"))
                let request = OutputRequest(taskID: .integer(round))
                stage.sender.publish(trust.guest.task(1000 + round, .fetch(request)))
                let fetched = try await stage.sender.answer(to: .integer(1000 + round))
                // "sesame" in base64.
                #expect(fetched.message?.contains("c2VzYW1l") != true, "\(fetched)")
            }
        }
    }

    @Test("T26: whoever names tasks that are not his cannot have the journal read without end")
    func inventedIDsAreNotSoughtWithoutEnd() async throws {
        let trust = try Trust(rules: Self.all)
        try await with(trust) { (stage: Stage) async throws in
            stage.sender.publish(trust.guest.task(1, "held"))
            stage.sender.publish(trust.ops.task(2, "note"))
            #expect(try await stage.sender.answer(to: 2).code == 0)
            func fetch(_ signer: Signer, _ id: Int64, of named: JSONValue) async throws -> Int64? {
                let named = try #require(TaskID(named))
                stage.sender.publish(signer.task(id, .fetch(OutputRequest(taskID: named))))
                return try await stage.sender.answer(to: .integer(id)).code
            }
            var refused: Int64?
            for id in 100...300 as ClosedRange<Int64> where refused == nil {
                let code = try await fetch(trust.guest, id, of: .string("invented-\(id)"))
                if code != 0x1108 {
                    #expect(code == 0x1101)
                    refused = id
                }
            }
            // Fifty at once, and one more each second.
            #expect(refused.map { $0 >= 150 } ?? false, "\(String(describing: refused))")
            // Others are not meant, nor is what the agent knows without its journal.
            #expect(try await fetch(trust.ops, 3, of: 2) == 0)
            stage.sender.publish(trust.guest.task(4, .cancel(.integer(1))))
            #expect(try await stage.sender.answer(to: 4).code == 0)
            stage.openGate()
        }
    }

    @Test func serviceIsNotUsedUpByThoseWhoMayNotAsk() async throws {
        let trust = try Trust()
        try await with(trust, ["ServiceRate": "2/1h"]) { (stage: Stage) async throws in
            for id in 1...5 as ClosedRange<Int64> {
                stage.sender.publish(trust.guest.task(id, "note"))
                #expect(try await stage.sender.answer(to: .integer(id)).code == 0x1007)
            }
            stage.sender.publish(trust.ops.task(6, "note"))
            #expect(try await stage.sender.answer(to: 6).code == 0)
        }
    }

    @Test("T26: whoever repeats a task all day is not answered all day") func repeatsAreAnsweredUpToARate() async throws
    {
        let trust = try Trust()
        try await with(trust) { (stage: Stage) async throws in
            let payload = trust.ops.task(1, "note")
            stage.sender.publish(payload)
            #expect(try await stage.sender.answer(to: 1).code == 0)
            func withheld() throws -> Int {
                let told = try Ended.running([
                    Programs.recoverctl, "metrics", "--state", stage.agent.directory.path("state"),
                ])
                let line = told.output.split(separator: "\n").first {
                    $0.contains("repeats_unanswered") && !$0.hasPrefix("#")
                }
                return line.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) } ?? 0
            }
            try await eventually("one is not answered") {
                for _ in 0..<1000 { stage.sender.publish(payload) }
                return try withheld() > 0
            }
            #expect(stage.executed.count == 1)
        }
    }

    @Test(
        "T2: a task that a challenge let in is done once, also when the clock is set right",
        .needsFaketime)
    func challengedTaskIsDoneOnceWhateverTheClockSays() async throws {
        let (trust, clock) = (try Trust(), try FakeClock())
        try clock.set("-10d")
        try await with(trust, prefix: clock.prefix) { (stage: Stage) async throws in
            let challenge = try #require(stage.agent.status?["challenge"]?.string)
            let payload = trust.ops.task(1, "note", challenge: challenge)
            stage.sender.publish(payload)
            #expect(try await stage.sender.answer(to: 1).code == 0)
            try clock.set("+10m")
            // The journal knows its answer until it has noted that the broker has that.
            try await eventually("the journal has forgotten it") {
                stage.sender.publish(payload)
                return stage.sender.answers(to: 1).last?.code == 0x1005
            }
            #expect(stage.executed.count == 1)
            // Another one by the same challenge is another one.
            stage.sender.publish(trust.ops.task(2, "note", challenge: challenge))
            #expect(try await stage.sender.answer(to: 2).code == 0)
        }
    }
}
