import CommandCatalog
import JSON
import Testing

@testable import recoverctl

/// What is printed, in each form.
@Suite struct ReportTests {
    private static let report = Report(
        command: "hosts", table: Table(columns: ["HOST", "STATE"], rows: [["web01", "online"], ["a", "dead"]]),
        summary: "2 hosts", members: ["hosts": ["web01", "a"]], lines: [["host": "web01"], ["host": "a"]],
        time: Timestamp(seconds: 0)
    )

    @Test func tableIsAlignedAndEndsWithTheCounts() {
        #expect(Self.report.text(.table) == "HOST   STATE\nweb01  online\na      dead\n2 hosts\n")
    }

    @Test func documentHasItsSchema() throws {
        let document = try JSONText(Array(Self.report.text(.json).utf8)).value
        #expect(
            document
                == ["schema": 1, "command": "hosts", "time": "1970-01-01T00:00:00Z", "hosts": ["web01", "a"]])
    }

    @Test func everyLineHasItsSchema() {
        #expect(Self.report.text(.jsonl) == "{\"schema\":1,\"host\":\"web01\"}\n{\"schema\":1,\"host\":\"a\"}\n")
    }

    /// A line of an audit is of others' making.
    @Test func schemaIsOursWhateverIsInIt() {
        #expect(Report.line(["schema": 7, "a": 1]) == "{\"schema\":1,\"a\":1}")
    }

    @Test func foreignTextStaysInItsCell() {
        let table = Table(rows: [["reason", "a\nweb01  online\tb\r\nc"]])
        #expect(table.text == "reason  a\\nweb01  online\\tb\\r\\nc\n")
    }

    @Test(arguments: [
        (0, ""), (2, " (h0, h1)"), (51, " (\((0..<50).map { "h\($0)" }.joined(separator: ", ")), and 1 more)"),
    ])
    func namesAreBounded(count: Int, text: String) {
        #expect(NameList.inBrackets((0..<count).map { "h\($0)" }) == text)
    }
}

/// What an agent tells, for a person.
@Suite struct SheetTests {
    @Test func failedTasksComeFirstAndAreNamed() {
        let answer: JSONObject = [
            "host": "web01", "running": [["task_id": 3, "state": "running"]], "queued": [["task_id": "q"]],
            "finished": [["task_id": 1, "code": 0], ["task_id": 2, "code": 4356]],
        ]
        let report = TaskList(answer).report
        #expect(report.table.rows.map { $0[0] } == ["2", "3", "q", "1"])
        #expect(report.summary == "4 tasks: 1 running, 1 queued, 2 ended, 1 of them failed (2)")
        #expect(report.status == .allWell)
    }

    private static let statuses: [(JSONObject, [String])] = [
        (["journal": "ok"], []),
        (["journal": "full"], ["journal: full"]),
        (["clock": "ok"], []),
        (
            ["clock": "suspect", "clock_was": "2026-11-22T08:00:00Z"],
            ["clock: suspect; it was 2026-11-22T08:00:00Z once"]
        ),
        (["runner": "ok", "audit": "ok", "keys": ["count": 1], "policy": ["rules": 1]], []),
        (["runner": "away"], ["runner: away; nothing can be started"]),
        (["audit": "failed"], ["audit: cannot be written; the agent's log says why"]),
        (
            ["keys": ["count": 0, "error": "x"], "policy": ["error": "y"], "certificate": ["error": "z"]],
            ["keys: x", "policy: y", "certificate: z"]
        ),
        (["catalog": ["error": "x"]], ["catalog: x"]),
        (["configuration": ["error": "x"]], ["configuration: x"]),
        (["mqtt": ["brokers": ["b": ["connected": false], "c": ["connected": true]]]], ["broker b: not connected"]),
        (
            ["plugins": ["load": ["state": "failing", "error": "e"], "x": ["state": "running"]]],
            ["plugin load: failing e"]
        ),
    ]

    @Test(arguments: statuses)
    func whatIsWrongInAStatusIsFound(status: JSONObject, problems: [String]) {
        let sheet = StatusSheet(status)
        #expect(sheet.problems == problems)
        #expect(sheet.report.status == (problems.isEmpty ? .allWell : .targetFailed))
        #expect(sheet.report.table.rows.prefix(problems.count).map { $0[1] } == problems)
    }

    @Test func storyShowsTheOutputLineByLine() {
        let report = StorySheet([
            "tasks": [["message": "a\nb\n", "state": "finished", "code": 0, "later": 7, "task_id": 1]]
        ]).report
        #expect(
            report.table.rows == [
                ["task_id", "1"], ["state", "finished"], ["code", "0"], ["later", "7"], ["output", "a"], ["", "b"],
            ])
        #expect(report.summary == "1 task: finished with 0")
    }

    @Test(arguments: [
        ("17", TaskID.integer(17)), ("017", .text("017")), ("\"17\"", .text("17")), ("abc", .text("abc")),
    ])
    func idOfATask(text: String, id: TaskID) throws {
        let read = try TaskStory.id(text)
        #expect(read == id)
    }

    @Test func namesOfHostsStandOneALine() throws {
        #expect(
            try ExpectedHosts.read(" web01 \t\n\n# none\nweb02 # two\r\n", file: "f").map(\.description) == [
                "web01", "web02",
            ])
        let failure = #expect(throws: Failure.self) { _ = try ExpectedHosts.read("a\nweb01 web02\n", file: "f") }
        #expect(failure?.message == "f:2: expected the name of a host, found \"web01 web02\"")
    }

    @Test func idThatIsNone() {
        #expect(throws: Failure.self) { _ = try TaskStory.id("") }
        #expect(throws: Failure.self) { _ = try TaskStory.id(String(repeating: "x", count: 129)) }
    }
}
