import JSON
import PluginKit
import TestSupport
import Testing

@testable import CommandCatalog
@testable import RemoteExecutor

/// What a task is answered, and how it is counted.
struct TaskOutcomeTests {
    private static func outcome(_ ending: RunOutcome.Ending) -> TaskOutcome {
        TaskOutcome(RunOutcome(ending: ending, stdout: RunOutput(Array("out\n".utf8), limit: 100)))
    }

    /// O05: every way to end has its code.
    @Test(arguments: [
        (RunOutcome.Ending.exited(0), 0, "out", TaskCounters.Outcome.succeeded), (.exited(3), 3, "out", .failed),
        (.exited(255), 255, "out", .failed), (.signaled(9), 137, "out", .failed), (.signaled(15), 143, "out", .failed),
        (.timedOut, 0x1104, "out", .timedOut), (.cancelled, 0x1106, "out", .cancelled),
        (.interrupted, 0x1105, TaskOutcome.interrupted.message, .interrupted),
        (
            .notStarted(StartFailure(.execute, errno: 2, "cannot execute '/x'")), 0x1103,
            "Could not start: cannot execute '/x': No such file or directory", .notStarted
        ),
    ])
    func endingIsAnsweredAndCounted(
        _ ending: RunOutcome.Ending, _ code: Int, _ message: String, _ counted: TaskCounters.Outcome
    ) {
        let outcome = Self.outcome(ending)
        #expect(outcome == TaskOutcome(code: ResultCode(rawValue: code), message: message))
        var counters = TaskCounters()
        counters.count(outcome.code)
        #expect(TaskCounters.Outcome.allCases.filter { counters[$0] == 1 } == [counted])
    }

    @Test(arguments: [
        (TaskOutcome.idInUse(.text("x")), 0x1100, "Received duplicate task_id: x"),
        (.idInUse(.integer(-7)), 0x1100, "Received duplicate task_id: -7"),
        (.queueFull(1000), 0x1101, "Too many tasks: 1000 are waiting already; send it again later"),
        (.cancelledBeforeStart, 0x1106, "The task was cancelled before it was started"),
        (.refused(.parameters("parameters: needs \"p\"")), 0x1004, "Malformed task: parameters: needs \"p\""),
    ])
    func refusalHasItsCodeAndText(_ outcome: TaskOutcome, _ code: Int, _ message: String) {
        #expect(outcome.code.rawValue == code)
        #expect(outcome.message == message)
    }

    @Test(arguments: [
        (ResultCode.notImplemented), .noServices, .unknownService, .unknownCommand, .malformed, .duplicateTaskID,
        .queueFull,
        ResultCode(rawValue: -1), ResultCode(rawValue: 256),
    ])
    func refusalsAreCountedTogether(_ code: ResultCode) {
        var counters = TaskCounters()
        counters.count(code)
        counters.count(.repeated)
        counters.count(.repeated)
        #expect(counters[.refused] == 1)
        #expect(counters[.repeated] == 2)
        #expect(counters[.unreadable] == 0)
    }

    @Test(arguments: [
        ("\"agent\",\"command\":\"ping\"", 0, "pong"),
        ("\"agent\",\"command\":\"status\"", 0, "{\"state\":\"ok\"}"),
        ("\"agent\",\"command\":\"Ping\"", 0x1003, "Cannot find Ping command for agent"),
        (
            "\"agent\",\"command\":\"ping\",\"parameters\":{}", 0x1004,
            "Malformed task: parameters: this command takes none"
        ),
        ("\"agent\",\"command\":\"metrics\"", 0, "up 1\n"),
        (
            "\"agent\",\"command\":\"ping\",\"parameters\":{\"a\":1}", 0x1004,
            "Malformed task: parameters: this command takes none"
        ),
    ])
    func agentAnswersWithoutAProcess(_ names: String, _ code: Int, _ message: String) throws {
        let task = try #require(TaskSample.message("{\"task_id\":1,\"service\":\(names)}").request)
        let outcome = AgentService(
            status: { ["state": "ok"] }, metrics: { "up 1\n" }, tasks: { [:] }, task: { _ in nil },
            history: { _ in nil }
        )
        .outcome(of: task)
        #expect(outcome == TaskOutcome(code: ResultCode(rawValue: code), message: message))
    }

    @Test(arguments: ["Agent", "agent ", "hello"])
    func otherServicesAreNotTheAgents(_ service: String) throws {
        let task = try #require(
            TaskSample.message("{\"task_id\":1,\"service\":\"\(service)\",\"command\":\"ping\"}").request)
        let agent = AgentService(
            status: { [:] }, metrics: { "" }, tasks: { [:] }, task: { _ in nil }, history: { _ in nil })
        #expect(agent.outcome(of: task) == nil)
    }

    @Test func oneLineASecondPassesAndCountsTheOthers() {
        var throttle = LogThrottle()
        let passes = [0, 0, 999, 1000, 1001, 1500, 1999, 2000, 9000].map { throttle.pass(at: .milliseconds($0)) }
        #expect(passes == [0, nil, nil, 2, nil, nil, nil, 3, 0])
    }
}
