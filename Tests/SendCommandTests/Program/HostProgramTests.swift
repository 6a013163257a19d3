import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

/// What the program does with the topics of a host: it repeats, follows, cancels and fetches.
@Suite(.crowd) struct HostProgramTests {
    private let broker: BrokerFixture
    private let base: [String]
    private static let events = "recovery/web01/event"
    private static let results = "recovery/web01/result"

    init() async throws {
        broker = try await BrokerFixture()
        base = ["-h", "127.0.0.1:\(broker.port)", "--to", "web01"]
    }

    @Test(arguments: [true, false]) func taskIsRepeatedByteForByteUntilItIsAnswered(isHost: Bool) async throws {
        let count = Collected<Int>()
        let agent = try await StandIn(port: broker.port, host: isHost ? "web01" : nil) { task in
            count.append(1)
            return count.count < 3 ? [] : [StandIn.result(task, code: 7)]
        }
        let target = isHost ? base : FailureProgramTests.base(broker) + ["--retry"]
        let program = try SentProgram(target + ["--timeout", "120", "s", "c", "a=b"])
        #expect(try await program.status() == 7)
        #expect(agent.payloads.count >= 3)
        #expect(Set(agent.payloads.all).count == 1)
        #expect(program.output.hasSuffix("\nhi\n"))
    }

    @Test func agentThatHasNoRoomIsAskedAgain() async throws {
        let count = Collected<Int>()
        let agent = try await StandIn(port: broker.port, host: "web01") { task in
            count.append(1)
            return [StandIn.result(task, code: count.count < 2 ? 0x1102 : 0, message: "no room")]
        }
        let program = try SentProgram(base + ["--timeout", "120", "s", "c"])
        #expect(try await program.status() == 0)
        #expect(program.error == "send-command: the agent cannot take the task now, sending again: no room\n")
        #expect(Set(agent.payloads.all).count == 1 && agent.payloads.count >= 2)
    }

    @Test func hostThatRegistersLaterIsReached() async throws {
        let program = try SentProgram(base + ["--timeout", "120", "s", "c"])
        try await eventually("it is said") { program.error.contains("the host is not registered") }
        let agent = try await StandIn(port: broker.port, host: "web01") { [StandIn.result($0)] }
        #expect(try await program.status() == 0)
        #expect(agent.tasks.count >= 1)
    }

    @Test func outputIsFollowedAndNotPrintedTwice() async throws {
        let agent = try await StandIn(port: broker.port, host: "web01") { task, publish in
            publish(Self.events, Self.event(task, .accepted))
            publish(Self.events, Self.chunk(task, 0, "one\n"))
            publish(Self.events, Self.chunk(task, 0, "one\n"))
            publish(Self.events, Self.chunk(task, 0, "oops\n", .stderr))
            publish(Self.events, Self.chunk(task, 4, "two"))
            // The answer overtakes the last piece: they have different topics.
            publish(Self.results, Self.result(task, "one\ntwothree", bytes: 12))
            publish(Self.events, Self.chunk(task, 7, "three"))
        }
        let program = try SentProgram(base + ["--follow", "--quiet", "s", "c"])
        #expect(try await program.status() == 3)
        #expect(program.output == "one\ntwothree\n")
        #expect(program.error == "oops\n")
        #expect(agent.tasks.all.first?["reply"] == ["detail": true, "follow": true])
    }

    @Test func gapsAreSaidInTheMiddleAndAtTheEnd() async throws {
        let agent = try await StandIn(port: broker.port, host: "web01") { task, publish in
            publish(Self.events, Self.chunk(task, 4, "two\n"))
            publish(Self.results, Self.result(task, "one\ntwo\nthree\n", bytes: 14))
        }
        let program = try SentProgram(base + ["--follow", "s", "c"])
        #expect(try await program.status() == 3)
        #expect(program.output.hasSuffix("\ntwo\n"))
        let id = agent.tasks.all.first?["task_id"]?.text ?? ""
        for bytes in [4, 6] {
            let text = "\(bytes) bytes of stdout did not come; send-command … --fetch \(id) --stream stdout has all"
            #expect(program.error.contains(text), "\(program.error)")
        }
    }

    @Test func whereNothingIsFollowedTheAnswerIsPrinted() async throws {
        let agent = try await StandIn(port: broker.port, host: "web01") { [StandIn.result($0, message: "old")] }
        let program = try SentProgram(base + ["--follow", "--quiet", "s", "c"])
        #expect(try await program.status() == 0)
        #expect(program.output == "old\n" && agent.tasks.count >= 1)
    }

    @Test func followingGoesOnAfterTheBrokerWasAway() async throws {
        let broker = try await BrokerFixture(.init(isPersistent: true))
        let waiting = Collected<JSONObject>()
        let agent = try await StandIn(port: broker.port, host: "web01") { task, publish in
            waiting.append(task)
            if waiting.count == 1 { publish(Self.events, Self.chunk(task, 0, "one\n")) }
        }
        let program = try SentProgram([
            "-h", "127.0.0.1:\(broker.port)", "--to", "web01", "--timeout", "300", "--follow", "--quiet", "s", "c",
        ])
        try await eventually("the begin is shown") { program.output == "one\n" }
        try await broker.restart()
        try await eventually("both are back") {
            broker.log.split(separator: "\n").count { $0.contains("Sending SUBACK to sendcommand") } == 4
        }
        let task = try #require(waiting.all.first)
        for chunk in [Self.chunk(task, 0, "one\ntwo\n"), Self.chunk(task, 8, "three\n")] {
            try await agent.publish(String(decoding: chunk, as: UTF8.self), on: Self.events)
        }
        try await agent.publish(String(decoding: Self.result(task, "one\ntwo\nthree\n", bytes: 14), as: UTF8.self))
        #expect(try await program.status() == 3)
        #expect(program.output == "one\ntwo\nthree\n")
    }

    @Test func detailIsToldBesideTheOutput() async throws {
        let agent = try await StandIn(port: broker.port, host: "web01") { [Self.result($0, "one", bytes: 3)] }
        let program = try SentProgram(base + ["--detail", "s", "c"])
        #expect(try await program.status() == 3)
        #expect(agent.tasks.all.first?["reply"] == ["detail": true])
        #expect(program.output.hasSuffix("\none\n"))
        for line in [
            " on web01, boot b", "state: finished (exited), exit status 3", "accepted: 2020-11-26T00:41:19.000Z",
            "duration: 1250 ms", "stdout: 3 bytes, 3 kept", "replayed: the agent had answered this task before",
        ] {
            #expect(program.error.contains("\(line)\n"), "\(program.error)")
        }
        let script = try SentProgram(base + ["--detail", "--json", "s", "c"])
        #expect(try await script.status() == 3)
        let object = try #require(JSONText(Array(script.output.utf8)).value.object)
        #expect(object["detail"]?.object?["stdout"] == ["text": "one", "bytes": 3, "kept": 3])
        #expect(object["verdict"] == "finished" && object["expires"]?.string != nil)
    }

    @Test func checkAndCancelAreVerbsOfTheirOwn() async throws {
        let agent = try await StandIn(port: broker.port, host: "web01") { [StandIn.result($0, message: "{}")] }
        let check = try SentProgram(base + ["--check", "--quiet", "s", "c", "a=1"])
        #expect(try await check.status() == 0)
        #expect(check.output == "{}\n")
        #expect(agent.tasks.all.first?["check"] == ["service": "s", "command": "c", "parameters": ["a": "1"]])
        #expect(agent.tasks.all.first?["command"] == nil)
        let cancel = try SentProgram(base + ["--cancel", "17"])
        #expect(try await cancel.status() == 0)
        #expect(agent.tasks.all.last?["cancel"] == 17)
        #expect(agent.tasks.all.last?["service"] == nil)
    }

    @Test func interruptCancelsWhereItIsAskedFor() async throws {
        let agent = try await StandIn(port: broker.port, host: "web01") { task, publish in
            guard let id = task["cancel"] else { return }
            publish(Self.results, StandIn.result(task, message: "ended"))
            publish(Self.results, StandIn.result(["task_id": id], code: 0x1106, message: "so far"))
        }
        let program = try SentProgram(base + ["--cancel-on-interrupt", "--timeout", "300", "s", "c"])
        try await eventually("the task arrives") { agent.tasks.count >= 1 }
        program.send(SIGINT)
        #expect(try await program.status() == 125)
        #expect(program.output.hasSuffix("\nso far\n"))
        #expect(program.error.hasSuffix("s c was cancelled (0x1106 cancelled)\n"))
    }

    @Test(arguments: [(0, 150_000, 200_000), (0, nil, 200_000), (199_000, 65_536, 200_000), (5, nil, 5)])
    func storedOutputIsFetchedPieceByPiece(_ offset: Int, _ length: Int?, _ total: Int) async throws {
        let bytes = (0..<total).map { UInt8(truncatingIfNeeded: $0 &* 31 + $0 / 251) }
        let agent = try await StandIn(port: broker.port, host: "web01") { task in
            let request = task["fetch"]?.object
            let from = min(Int(request?["offset"]?.integer ?? 0), total)
            // The agent may give less than it was asked for.
            let end = min(from + min(Int(request?["length"]?.integer ?? 0), 60_000), total)
            let piece = OutputPiece(offset: Int64(from), total: Int64(total), data: Array(bytes[from..<end]))
            // As to a repetition, which may be answered when the next piece is asked for already.
            return [StandIn.result(task, message: piece.json.text), StandIn.result(task, message: piece.json.text)]
        }
        let program = try SentProgram(
            base + ["--fetch", "17", "--stream", "stderr", "--offset", "\(offset)"]
                + (length.map { ["--length", "\($0)"] } ?? []), shell: #"exec "$@" | sha256sum"#)
        #expect(try await program.status() == 0)
        let expected = Array(bytes[offset..<min(offset + (length ?? total), total)])
        #expect(program.output.hasPrefix(try Self.sha256(expected)))
        #expect(program.error.isEmpty)
        let requests = agent.tasks.all.compactMap { $0["fetch"]?.object }
        #expect(requests.allSatisfy { $0["task_id"] == 17 && $0["stream"] == "stderr" })
        // A repetition has the same bytes; every other piece is a task of its own.
        let offsets = Set(requests.compactMap { $0["offset"]?.integer })
        #expect(Set(agent.payloads.all).count == offsets.count)
    }

    @Test func outputThatIsNotThereIsRefused() async throws {
        let agent = try await StandIn(port: broker.port, host: "web01") { task in
            [StandIn.result(task, code: 0x1108, message: "no output is kept of 17")]
        }
        let program = try SentProgram(base + ["--fetch", "17"])
        #expect(try await program.status() == 125)
        #expect(program.output.isEmpty && agent.tasks.count >= 1)
        #expect(
            program.error
                == "send-command: the agent refused the output of 17 (0x1108 unknown-task): no output is kept of 17\n")
    }

    @Test(arguments: [
        (["--follow", "-t", "cmd", "-r", "res", "s", "c"], "--follow needs --to"),
        (["--to", "w", "--follow", "--json", "s", "c"], "expected one of --follow and --json, found both"),
        (["--to", "w", "--fetch", "1", "--json"], "expected one of --fetch and --json, found both"),
        (["-t", "cmd", "--fetch", "1"], "--fetch is about the answer; name its topic with --result-topic"),
        (["-t", "cmd", "--check", "s", "c"], "--check is about the answer; name its topic with --result-topic"),
    ])
    func whatContradictsItselfIsRefused(_ arguments: [String], _ message: String) async throws {
        let program = try SentProgram(arguments)
        #expect(try await program.status() == 125)
        #expect(program.error.contains(message), "\(program.error)")
    }

    private static func event(_ task: JSONObject, _ kind: TaskEvent.Kind) -> [UInt8] {
        let id = TaskID(task["task_id"]) ?? .integer(0)
        let time = Timestamp(seconds: 1_606_351_279)
        return TaskEvent(taskID: id, host: "web01", sequence: 0, time: time, kind: kind).json.bytes
    }

    private static func chunk(
        _ task: JSONObject, _ offset: Int64, _ text: String, _ stream: OutputStream = .stdout
    ) -> [UInt8] {
        event(task, .output(.init(stream: stream, offset: offset, bytes: Int64(text.utf8.count), text: text)))
    }

    private static func result(_ task: JSONObject, _ text: String, bytes: Int64) -> [UInt8] {
        var detail = TaskResult.Detail(host: "web01", bootID: "b", state: .finished, reason: .exited)
        detail.exit = 3
        detail.accepted = Timestamp(seconds: 1_606_351_279)
        detail.duration = .milliseconds(1250)
        detail.stdout = TaskResult.Output(text: text, bytes: bytes, kept: bytes)
        detail.isReplayed = true
        return TaskResult(
            taskID: TaskID(task["task_id"]) ?? .integer(0), timestamp: Timestamp(seconds: 0), message: text,
            code: ResultCode(rawValue: 3), detail: detail
        ).json.bytes
    }

    private static func sha256(_ bytes: [UInt8]) throws -> String {
        let directory = try TemporaryDirectory()
        let file = fopen(directory.path("bytes"), "w")
        bytes.withUnsafeBytes { _ = fwrite($0.baseAddress, 1, $0.count, file) }
        fclose(file)
        return String(try ChildProgram.run("/usr/bin/sha256sum", directory.path("bytes")).prefix(64))
    }
}
