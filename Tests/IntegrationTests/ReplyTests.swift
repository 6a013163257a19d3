import JSON
import TestSupport
import Testing

/// What a sender may ask to be told: details, events, output as it comes.
@Suite(.crowd)
struct ReplyTests {
    private let four: Set = ["task_id", "timestamp", "message", "code"]
    private let always: Set = [
        "v", "host", "boot_id", "state", "reason", "finished", "by", "catalog", "replayed", "durable",
    ]
    private let ran: Set = ["accepted", "started", "duration_ms", "stdout", "stderr"]

    @Test func detailTellsAllThatIsKnown() async throws {
        try await Stage.with(["DefaultTimeout": "500ms"]) { _ in
            [
                "exit": "echo out; echo err >&2; exit 3", "kill": "kill -9 $$", "long": "echo begun; sleep 100",
                "missing": ["program": ["/nonexistent"]],
            ]
        } _: { stage in
            func ask(_ id: JSONValue, _ command: JSONValue, _ more: JSONObject = [:]) async throws -> Answer {
                var task: JSONObject = ["service": "t", "command": command, "reply": ["detail": true]]
                task["from"] = "a test"
                task["reason"] = "to see"
                for member in more.members { task[member.name] = member.value }
                return try await stage.sender.ask(id, task)
            }
            let exit = try await ask(1, "exit")
            #expect(Set(exit.names) == four.union(always).union(ran).union(["exit"]))
            #expect(exit["v"] == 1 && exit["host"] == "web01" && exit["state"] == "finished")
            #expect(
                exit["reason"] == "exited" && exit["exit"] == 3 && exit["by"] == ["from": "a test", "reason": "to see"])
            #expect(exit["replayed"] == false && exit["durable"] == true)
            #expect(exit["stdout"]?.object?["text"] == "out" && exit["stdout"]?.object?["bytes"] == 4)
            #expect(exit["stderr"]?.object?["text"] == "err" && exit["stderr"]?.object?["bytes"] == 4)
            let times = try ["accepted", "started", "finished"].map { try #require(exit[$0]?.string) }
            // Milliseconds of one length in UTC are in the order of their texts.
            #expect(times == times.sorted() && times.allSatisfy { $0.count == 24 })
            let kill = try await ask(2, "kill")
            #expect(Set(kill.names) == four.union(always).union(ran).union(["signal"]))
            #expect(kill.code == 137 && kill["signal"] == 9 && kill["reason"] == "signalled")
            let late = try await ask(3, "long")
            #expect(late.code == 0x1104 && late["state"] == "timed_out" && late["reason"] == "timed-out")
            #expect(late["stdout"]?.object?["text"] == "begun")
            let missing = try await ask(4, "missing")
            #expect(missing["state"] == "not_started" && missing["reason"] == "could-not-start")
            let unknown = try await ask(5, "none")
            #expect(unknown["state"] == "refused" && unknown["reason"] == "unknown-command")
            #expect(Set(unknown.names) == four.union(always))
            let expired = try await ask(6, "exit", ["expires": "2020-01-01T00:00:00Z"])
            #expect(expired["state"] == "expired" && expired["reason"] == "expired")
            let plain = try await stage.sender.ask(7, ["service": "t", "command": "exit"])
            #expect(Set(plain.names) == four)
        }
    }

    /// A stage with senders on the host's own topics.
    private func run(
        _ commands: (TemporaryDirectory) -> JSONValue, _ body: (Stage, Sender, Sender) async throws -> Void
    ) async throws {
        try await Stage.with(commands: commands) { stage in
            try await Sender.with(stage.broker, topic: "recovery/web01/command", results: "recovery/web01/event") {
                events in
                try await Sender.with(
                    stage.broker, topic: "recovery/web01/command", results: "recovery/web01/result"
                ) { results in try await body(stage, results, events) }
            }
        }
    }

    @Test func eventsComeInOrder() async throws {
        try await run({ ["hold": Stage.held("echo end", in: $0)] }) { stage, results, events in
            let wishes: JSONValue = ["events": true, "follow": true]
            results.send(1, ["service": "t", "command": "hold", "reply": wishes])
            try await stage.executions(1)
            try await eventually("it began") { events.answers(to: 1).count == 2 }
            stage.openGate()
            try await eventually("it ended") { events.answers(to: 1).last?["kind"] == "finished" }
            let told = events.answers(to: 1)
            #expect(told.map { $0["kind"]?.string } == ["accepted", "started", "output", "finished"])
            #expect(told.map { $0["seq"]?.integer } == [0, 1, 2, 3])
            #expect(told.last?.code == 0 && told[2]["text"] == "end\n")
            results.send(2, ["service": "t", "command": "none", "reply": wishes])
            try await eventually("it was refused") { !events.answers(to: 2).isEmpty }
            #expect(events.answers(to: 2).map { $0["kind"]?.string } == ["refused"])
        }
    }

    @Test func followedPiecesAreTheOutput() async throws {
        // Three bytes each and one before them: no border of pieces is a border of characters.
        let text = "head -c 30000 /dev/zero | sed 's/\\x00/€/g'"
        try await run({ directory in
            [
                "long": .string(
                    "printf x; \(text); \(text) >&2; \(Stage.noted(in: directory)); flock -s \(directory.path("gate")) true; printf end"
                )
            ]
        }) { stage, results, events in
            results.send(1, ["service": "t", "command": "long", "reply": ["follow": true]])
            func pieces(_ stream: JSONValue) -> [Answer] { events.answers(to: 1).filter { $0["stream"] == stream } }
            func text(_ stream: JSONValue) -> String { pieces(stream).compactMap { $0["text"]?.string }.joined() }
            let long = String(repeating: "€", count: 30_000)
            try await eventually("all of it comes before the end") {
                text("stdout") == "x" + long && text("stderr") == long
            }
            #expect(results.answers(to: 1).isEmpty)
            stage.openGate()
            #expect(try await results.answer(to: 1).code == 0)
            try await eventually("the rest") { text("stdout") == "x" + long + "end" }
            #expect(text("stderr") == long)
            for stream: JSONValue in ["stdout", "stderr"] {
                var offset: Int64 = 0
                for piece in pieces(stream) {
                    #expect(piece["offset"] == .integer(offset))
                    offset += piece["bytes"]?.integer ?? 0
                }
            }
            #expect(
                events.answers(to: 1).map { $0["seq"]?.integer }
                    == (0..<Int64(events.answers(to: 1).count)).map(Optional.some))
        }
    }
}
