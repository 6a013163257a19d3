import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

/// Tasks that come too early or too late.
@Suite(.crowd)
struct TimeTests {
    private func run(_ members: JSONObject = [:], _ body: (Stage) async throws -> Void) async throws {
        try await Stage.with(members) {
            [
                "count": .string(Stage.noted(in: $0)),
                "hold": [
                    "program": ["/bin/sh", "-c", Stage.held("echo done", in: $0)], "lock": "disk",
                ], "locked": ["program": ["/bin/sh", "-c", .string(Stage.noted("locked", in: $0))], "lock": "disk"],
            ]
        } _: {
            try await body($0)
        }
    }

    @Test func clockThatIsBehindWhatWasSeenIsToldAsSuspect() async throws {
        try await run { stage in
            #expect(try await stage.sender.ask(1, "t", "count").code == 0)
            let before = try await stage.status()
            #expect(before["clock"] == "ok" && before["clock_was"] == nil)
            stage.agent.end()
            try stage.moveHighWater(days: 1)
            try await stage.agent.start(stage.broker)
            let status = try await stage.status()
            #expect(status["clock"] == "suspect")
            let was = try #require(status["clock_was"]?.string.flatMap(Timestamp.init(rfc3339:)))
            #expect(was > Timestamp.now + .seconds(82_800) && was <= Timestamp.now + .seconds(86_400))
            let told = try Ended.running([
                Programs.recoverctl, "status", "--state", stage.agent.directory.path("state"),
            ])
            #expect(told.status == 2 && told.output.contains("clock: suspect"))
            stage.agent.end()
            try stage.moveHighWater(days: -1)
            try await stage.agent.start(stage.broker)
            #expect(try await stage.status()["clock"] == "ok")
        }
    }

    private static func text(_ offset: Duration) -> String { (Timestamp.now + offset).description }

    @Test("M40: what came behind its `expires` is not started, and hears the time")
    func whatCameTooLateIsNotStartedAndHearsTheTime() async throws {
        try await run { stage in
            let answer = try await stage.sender.ask(
                1, ["service": "t", "command": "count", "expires": "2020-01-01T00:00:00Z"])
            #expect(answer.code == 0x1005)
            // The year and the month are enough to know whose clock it is.
            let now = Timestamp.now.description.prefix(7)
            #expect(answer.message?.contains("this host's clock says \(now)") == true)
            #expect(stage.executed.isEmpty)
            let soon: JSONObject = ["service": "t", "command": "count", "expires": .string(Self.text(.seconds(600)))]
            #expect(try await stage.sender.ask(2, soon).code == 0)
        }
    }

    @Test(arguments: [nil, SIGTERM]) func whatWaitsBeyondItsTimeIsNotStarted(signal: CInt?) async throws {
        try await run { stage in
            stage.sender.send(1, "t", "hold")
            try await stage.executions(1)
            let end = Timestamp.now + .seconds(2)
            stage.sender.send(2, ["service": "t", "command": "locked", "expires": .string(end.description)])
            try await stage.settle()
            #expect(stage.sender.answers(to: 2).isEmpty)
            if let signal { stage.agent.end(signal) }
            try await eventually("its time is over") { Timestamp.now > end }
            if signal != nil { try await stage.agent.start(stage.broker) }
            stage.openGate()
            #expect(try await stage.sender.answer(to: 2).code == 0x1005)
            #expect(try await stage.sender.answer(to: 1).code == 0)
            #expect(stage.executed == ["x"])
        }
    }

    /// M37 to M39: what is none, whatever the agent asks for.
    private static let noTimes: [JSONValue] = [
        "", "now", "2020-11-26", "2020-11-26 00:41:19", "2020-W48-4T00:41:19Z", "2021-02-30T00:00:00Z",
        "2021-13-01T00:00:00Z", "2021-01-01T24:00:00Z", "12021-01-01T00:00:00Z", "2020-11-26T00:41:19",
    ]

    @Test("M37 to M41: times outside the window are refused where they matter")
    func timesOutsideTheWindowAreRefusedWhereTheyMatter() async throws {
        try await run(["RequireTimestamp": true]) { stage in
            try await stage.settle()
            func code(_ id: JSONValue, _ timestamp: JSONValue?) async throws -> Int64? {
                var task: JSONObject = ["service": "t", "command": "count"]
                task["timestamp"] = timestamp
                return try await stage.sender.ask(id, task).code
            }
            // The borders themselves are the matter of the window's own tests: here time goes on.
            let late: [JSONValue] = [
                .string(Self.text(.seconds(-301))), .string(Self.text(.seconds(180))), "1970-01-01T00:00:00Z",
                "2038-01-19T03:14:08Z",
            ]
            for (index, time) in (Self.noTimes + late).enumerated() {
                #expect(try await code(.string("late \(index)"), time) == 0x1005, "\(time.text)")
            }
            #expect(try await code("none", nil) == 0x1005)
            for (index, time) in ([1_606_351_279, .null, []] as [JSONValue]).enumerated() {
                #expect(try await code(.string("no text \(index)"), time) == 0x1004)
            }
            #expect(stage.executed.isEmpty)
            let good = [
                Self.text(.zero), Self.text(.seconds(-200)), Self.text(.seconds(55)),
                Timestamp.now.textWithMilliseconds,
                Self.text(.seconds(9 * 3600)).dropLast() + "+09:00", Self.text(.seconds(-5400)).dropLast() + "-01:30",
            ]
            for (index, time) in good.enumerated() {
                #expect(try await code(.string("good \(index)"), .string(time)) == 0, "\(time)")
            }
            #expect(stage.executed.count == good.count)
        }
    }

    @Test("M37 to M41: times do not matter by default") func timesDoNotMatterByDefault() async throws {
        try await run { stage in
            try await stage.settle()
            let others: [JSONValue] = ["1970-01-01T00:00:00Z", "2038-01-19T03:14:08Z"]
            for (index, time) in (Self.noTimes + others).enumerated() {
                let task: JSONObject = ["service": "t", "command": "count", "timestamp": time]
                #expect(try await stage.sender.ask(.integer(Int64(index)), task).code == 0)
            }
            #expect(try await stage.sender.ask("none", ["service": "t", "command": "count"]).code == 0)
            #expect(
                try await stage.sender.ask("number", ["service": "t", "command": "count", "timestamp": 1]).code
                    == 0x1004)
        }
    }

    @Test("F-28: a stale queue is answered and not executed") func staleQueueIsAnsweredAndNotExecuted() async throws {
        try await run { stage in
            stage.agent.end()
            let end = Timestamp.now + .seconds(1)
            for id in 0..<50 {
                stage.sender.send(
                    .integer(Int64(id)), ["service": "t", "command": "count", "expires": .string(end.description)])
            }
            try await eventually("their time is over") { Timestamp.now > end }
            try await stage.agent.start(stage.broker)
            for id in 0..<50 { #expect(try await stage.sender.answer(to: .integer(Int64(id))).code == 0x1005) }
            #expect(stage.executed.isEmpty)
            func summaries() -> [Substring] {
                stage.agent.log.split(separator: "\n").filter { $0.contains("tasks came too late") }
            }
            try await eventually("a summary") { !summaries().isEmpty }
            stage.agent.end()
            #expect(summaries().count == 1, "\(summaries())")
        }
    }
}
