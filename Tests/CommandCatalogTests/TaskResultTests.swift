import CommandCatalog
import JSON
import TestSupport
import Testing

/// Results with all that a sender may ask for, and the events before them.
struct TaskResultTests {
    private static let detail: TaskResult.Detail = {
        var detail = TaskResult.Detail(host: "web01", bootID: "b", state: .finished, reason: .exited)
        detail.exit = 3
        detail.signal = 9
        detail.accepted = Timestamp(nanoseconds: 1_606_351_279_001_000_000)
        detail.started = Timestamp(nanoseconds: 1_606_351_279_020_000_000)
        detail.finished = Timestamp(nanoseconds: 1_606_351_280_300_000_000)
        detail.duration = .milliseconds(1280)
        detail.stdout = TaskResult.Output(text: "a", bytes: 1, kept: 1, sha256: "ca97")
        detail.stderr = TaskResult.Output(text: "", bytes: 0, kept: 0)
        detail.by = TaskResult.Origin(from: "ann", reason: "why")
        detail.catalog = "c0"
        detail.isReplayed = true
        detail.isDurable = false
        return detail
    }()

    private static func result(_ detail: TaskResult.Detail?) -> TaskResult {
        TaskResult(
            taskID: .text("x"), timestamp: Timestamp(seconds: 1_606_351_280), message: "a", code: .success,
            detail: detail)
    }

    @Test func detailHasTheDocumentedForm() {
        let text = """
            {"task_id":"x","timestamp":"2020-11-26T00:41:20Z","message":"a","code":0,"v":1,"host":"web01","boot_id":"b",\
            "state":"finished","reason":"exited","exit":3,"signal":9,"accepted":"2020-11-26T00:41:19.001Z",\
            "started":"2020-11-26T00:41:19.020Z","finished":"2020-11-26T00:41:20.300Z","duration_ms":1280,\
            "stdout":{"text":"a","bytes":1,"kept":1,"sha256":"ca97"},"stderr":{"text":"","bytes":0,"kept":0},\
            "by":{"from":"ann","reason":"why"},"catalog":"c0","replayed":true,"durable":false}
            """
        #expect(Self.result(Self.detail).json.text == text)
    }

    @Test func resultsComeBackAsTheyWereSent() {
        let least = TaskResult.Detail(host: "h", bootID: "", state: .notStarted, reason: .couldNotStart)
        for detail in [nil, Self.detail, least] {
            #expect(TaskResult(json: Self.result(detail).json) == Self.result(detail))
        }
    }

    @Test(arguments: ["task_id", "timestamp", "message", "code"])
    func resultNeedsItsFourMembers(_ member: String) throws {
        var object = try #require(Self.result(nil).json.object)
        object[member] = nil
        #expect(TaskResult(json: .object(object)) == nil)
        object[member] = .bool(true)
        #expect(TaskResult(json: .object(object)) == nil)
    }

    @Test func stateThatIsNotKnownIsNoDetail() throws {
        var object = try #require(Self.result(Self.detail).json.object)
        object["state"] = "teleported"
        let result = try #require(TaskResult(json: .object(object)))
        #expect(result.detail == nil && result.code == .success)
    }

    @Test(arguments: [(Int64.max, Int64.max, true), (-1, 0, false), (.min, .min, false), (1, 2, false), (1, -1, false)])
    func countsOfOutputThatCannotBeAreLeftOut(bytes: Int64, kept: Int64, isRead: Bool) throws {
        var object = try #require(Self.result(Self.detail).json.object)
        object["stdout"] = ["text": "a", "bytes": .integer(bytes), "kept": .integer(kept)]
        let result = try #require(TaskResult(json: .object(object)))
        #expect((result.detail?.stdout != nil) == isRead)
    }

    @Test(arguments: [
        (0, TaskResult.State.finished), (255, .finished), (0x1002, .refused), (0x1004, .refused), (0x1005, .expired),
        (0x1100, .refused), (0x1101, .refused), (0x1102, .refused), (0x1103, .notStarted), (0x1104, .timedOut),
        (0x1105, .interrupted), (0x1106, .cancelled), (0x1107, .refused), (0x1108, .refused), (-1, .refused),
    ])
    func everyCodeHasItsState(_ code: Int, _ state: TaskResult.State) {
        #expect(TaskResult.State(ResultCode(rawValue: code)) == state)
    }

    @Test func everyWordOfOursIsTheWordOfOneMeaning() {
        let words = ResultReason.allCases.map(\.rawValue)
        #expect(Set(words).count == words.count)
        #expect(words.allSatisfy { $0.wholeMatch(of: /[a-z][a-z-]*/) != nil })
        #expect(ResultReason(ResultCode(rawValue: 0x1FFF)) == nil)
        #expect(ResultReason(.coolingDown) == .queueFull, "the number alone does not tell them apart")
    }

    private static let kinds: [TaskEvent.Kind] = [
        .accepted, .started, .refused(.queueFull), .finished(ResultCode(rawValue: 7)),
        .output(TaskEvent.Chunk(stream: .stderr, offset: 5, bytes: 3, text: "a\u{FFFD}\n")),
    ]

    @Test(arguments: kinds) func eventsComeBackAsTheyWereSent(_ kind: TaskEvent.Kind) {
        let event = TaskEvent(
            taskID: .integer(7), host: "web01", sequence: 2,
            time: Timestamp(nanoseconds: 1_606_351_279_001_000_000), kind: kind)
        #expect(TaskEvent(json: event.json) == event)
    }

    @Test func eventHasTheDocumentedForm() {
        let event = TaskEvent(
            taskID: .integer(7), host: "web01", sequence: 2, time: Timestamp(seconds: 1_606_351_279),
            kind: .output(TaskEvent.Chunk(stream: .stdout, offset: 0, bytes: 1, text: "a")))
        let text = """
            {"v":1,"task_id":7,"host":"web01","seq":2,"time":"2020-11-26T00:41:19.000Z","kind":"output",\
            "stream":"stdout","offset":0,"bytes":1,"text":"a"}
            """
        #expect(event.json.text == text)
    }

    @Test(arguments: [
        "\"kind\":\"output\"", "\"kind\":\"finished\"", "\"kind\":\"new\"",
        "\"kind\":\"output\",\"stream\":\"stdout\",\"offset\":-1,\"text\":\"\"",
        "\"kind\":\"output\",\"stream\":\"stdout\",\"offset\":9223372036854775807,\"text\":\"a\"",
        "\"kind\":\"output\",\"stream\":\"stdout\",\"offset\":0,\"bytes\":-1,\"text\":\"a\"",
        "\"kind\":\"output\",\"stream\":\"third\",\"offset\":0,\"text\":\"a\"",
    ])
    func isNoEvent(_ members: String) throws {
        let text = "{\"v\":1,\"task_id\":7,\"host\":\"h\",\"seq\":2,\"time\":\"2020-11-26T00:41:19Z\",\(members)}"
        #expect(try TaskEvent(json: JSONText(Array(text.utf8)).value) == nil)
    }
}
