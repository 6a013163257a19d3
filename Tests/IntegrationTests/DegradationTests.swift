import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

/// What still works when the state directory does not, and what keeps a command from running too often.
@Suite(.crowd)
struct DegradationTests {
    private static func commands(_ directory: TemporaryDirectory) -> JSONValue {
        [
            "echo": "echo hi", "hold": Stage.held("echo done; exit 7", in: directory),
            "clean": [
                "program": ["/bin/sh", "-c", .string("echo clean >>\(directory.path("cleaned")); echo cleaned")],
                "without_journal": true,
            ],
        ]
    }

    private let clean: JSONObject = ["service": "t", "command": "clean", "reply": ["detail": true]]

    /// Payloads of this size fill what is left soon.
    private func task(_ padding: Int) -> JSONObject {
        ["service": "t", "command": "echo", "padding": .string(String(repeating: "x", count: padding))]
    }

    /// Runs a command that needs no journal, twice, and sees one execution.
    private func cleanOnce(_ stage: Stage, _ id: JSONValue) async throws {
        let first = try await stage.sender.ask(id, clean)
        #expect(first.code == 0 && first.message == "cleaned" && first["durable"] == false)
        stage.sender.send(id, clean)
        try await eventually("the remembered answer") { stage.sender.answers(to: id).count == 2 }
        #expect(stage.sender.answers(to: id).last?["replayed"] == true)
    }

    private func cleaned(_ stage: Stage) -> Int {
        ((try? stage.directory.text(of: "cleaned")) ?? "").split(separator: "\n").count
    }

    @Test(
        "F-07, M62: a full disk takes tasks for a while, and then what needs no journal",
        .enabled(if: SmallDisk.isAllowed, "mounting a tmpfs needs root"))
    func fullDiskTakesTasksForAWhileAndThenWhatNeedsNoJournal() async throws {
        let place = try TemporaryDirectory()
        mkdir(place.path("state"), 0o700)
        let disk = try SmallDisk(at: place.path("state"), kilobytes: 3072)
        defer { disk.remove() }
        try await Stage.with(in: place, commands: Self.commands) { stage in
            stage.sender.send("held", "t", "hold")
            try await stage.executions(1)
            try disk.fill()
            var (taken, takenOnBallast, refused): (Int, Int, Answer?) = (0, 0, nil)
            let ballast = disk.path + "/journal.ballast"
            #expect(access(ballast, F_OK) == 0)
            // Where a large one finds no room, a small one still may.
            for size in [6000, 0] {
                refused = nil
                while refused == nil, taken < 2000 {
                    let answer = try await stage.sender.ask(.integer(Int64(taken)), task(size))
                    if answer.code == 0 { taken += 1 } else { refused = answer }
                    if answer.code == 0, access(ballast, F_OK) != 0 { takenOnBallast += 1 }
                }
                taken += 1
            }
            // The ballast alone has room for more than that.
            #expect(takenOnBallast > 10 && refused?.code == 0x1102)
            #expect(try await stage.status()["journal"] == "full")
            try await cleanOnce(stage, "clean")
            #expect(cleaned(stage) == 1)
            stage.openGate()
            let held = try await stage.sender.answer(to: "held")
            #expect(held.code == 7 && held.message == "done")
            disk.empty()
            #expect(try await stage.sender.ask("after", task(6000)).code == 0)
            // Where there is room again the journal is looked at every second or two.
            try await eventually("the ballast is held again") { access(ballast, F_OK) == 0 }
            var word: JSONValue?
            // The file is there a moment before the word.
            for _ in 0..<100 where word != "ok" { word = try await stage.status()["journal"] }
            #expect(word == "ok")
            // What was only remembered is in the journal now: nothing is run or told again.
            try await stage.restart()
            stage.sender.send("held", "t", "hold")
            try await eventually("the stored answer") { stage.sender.answers(to: "held").count >= 2 }
            #expect(stage.executed.count == 1)
            #expect(stage.agent.end() == 0)
        }
    }

    /// F-08: the calls of a disk that fails, as strace can make them.
    @Test(
        "F-08: a disk that fails is no reason to fail",
        .enabled(if: access("/usr/bin/strace", X_OK) == 0 && getuid() == 0, "needs root and strace"),
        arguments: ["EROFS", "EIO"])
    func failingDiskIsNoReasonToFail(error: String) async throws {
        try await Stage.with(commands: Self.commands) { stage in
            #expect(try await stage.sender.ask(0, "t", "echo").code == 0)
            stage.sender.send("held", "t", "hold")
            try await stage.executions(1)
            let trace = open(stage.directory.path("trace"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            defer { close(trace) }
            let state = stage.agent.directory.path("state")
            let calls = "pwrite64,pwritev,fdatasync,fsync,ftruncate"
            let strace = try ChildProgram(
                [
                    "/usr/bin/strace", "-f", "-p", "\(stage.agent.identifier)", "-P", state + "/journal.sqlite", "-P",
                    state + "/journal.sqlite-wal", "-e", "trace=" + calls, "-e", "inject=\(calls):error=\(error)",
                ], output: trace)
            try await eventually("strace is attached") { try stage.directory.text(of: "trace").contains("attached") }
            var refused = 0
            for id in 1...5 where try await stage.sender.ask(.integer(Int64(id)), "t", "echo").code == 0x1102 {
                refused += 1
            }
            #expect(refused == 5)
            try await cleanOnce(stage, "clean")
            #expect(cleaned(stage) == 1)
            stage.openGate()
            #expect(try await stage.sender.answer(to: "held").code == 7)
            #expect(try await stage.status()["journal"] != "ok")
            strace.end(SIGINT)
            #expect(try await stage.sender.ask("after", "t", "echo").code == 0)
            #expect(try await stage.status()["journal"] == "ok")
            try await stage.restart()
            stage.sender.send("held", "t", "hold")
            try await eventually("the stored answer") { stage.sender.answers(to: "held").count >= 2 }
            #expect(stage.executed.count == 1 && cleaned(stage) == 1)
        }
    }

    @Test func commandThatCoolsDownIsRefusedUntilItIsOver() async throws {
        try await Stage.with { directory in
            let line = JSONValue.string(Stage.noted(in: directory))
            return [
                "hour": ["program": ["/bin/sh", "-c", line], "cooldown": "1h"],
                "second": ["program": ["/bin/sh", "-c", line], "cooldown": "1s"], "free": line,
            ]
        } _: { stage in
            #expect(try await stage.sender.ask(1, "t", "hour").code == 0)
            let refused = try await stage.sender.ask(2, "t", "hour")
            #expect(refused.code == 0x1101)
            let until = try #require(
                refused.message?.split(separator: " ").last.flatMap { Timestamp(rfc3339: String($0)) })
            #expect(until > Timestamp.now + .seconds(3000) && until < Timestamp.now + .seconds(3700))
            #expect(try await stage.sender.ask(3, "t", "free").code == 0)
            try await stage.restart(SIGKILL)
            #expect(try await stage.sender.ask(4, "t", "hour").code == 0x1101)
            // The stored answer is no second run.
            stage.sender.send(1, "t", "hour")
            try await eventually("the stored answer") { stage.sender.answers(to: 1).count >= 2 }
            #expect(stage.sender.answers(to: 1).allSatisfy { $0.code == 0 })
            #expect(stage.executed.count == 2)
            #expect(try await stage.sender.ask(5, "t", "second").code == 0)
            var (code, id): (Int64?, Int64) = (0x1101, 6)
            while code == 0x1101 {
                code = try await stage.sender.ask(.integer(id), "t", "second").code
                id += 1
            }
            #expect(code == 0 && stage.executed.count == 4)
        }
    }
}
