import TestSupport
import Testing

@testable import CommandCatalog
@testable import RemoteExecutor

/// The table decides what is accepted, and what may start.
struct TaskTableTests {
    /// The identities of the tasks that may start now.
    private static func started(_ table: inout TaskTable) -> [TaskID] {
        var started: [TaskID] = []
        while let (_, task) = table.start() { started.append(task.message.taskID) }
        return started
    }

    private static func ids(_ ids: Int64...) -> [TaskID] { ids.map(TaskID.integer) }

    @Test func tasksStartInTheOrderOfAcceptanceSoManyAtATime() throws {
        var table = TaskTable(mostRunning: 2, mostQueued: 9)
        for id in 1...4 as ClosedRange<Int64> { #expect(table.accept(try TaskSample.task(id)) == .accepted) }
        #expect(Self.started(&table) == Self.ids(1, 2))
        #expect(table.finish(2)?.message.taskID == .integer(2))
        #expect(Self.started(&table) == Self.ids(3))
        #expect(table.runningTasks.map(\.message.taskID) == Self.ids(1, 3))
        #expect(table.runningCount == 2 && table.queuedCount == 1)
    }

    @Test func lockHoldsBackOnlyThoseWithTheSameLock() throws {
        var table = TaskTable(mostRunning: 9, mostQueued: 9)
        for (id, lock) in [(1, "a"), (2, "a"), (3, "b"), (4, nil), (5, "a")] as [(Int64, String?)] {
            #expect(table.accept(try TaskSample.task(id, lock: lock)) == .accepted)
        }
        #expect(Self.started(&table) == Self.ids(1, 3, 4))
        _ = table.finish(3)
        #expect(Self.started(&table) == [])
        _ = table.finish(1)
        #expect(Self.started(&table) == Self.ids(2))
        _ = table.finish(2)
        #expect(Self.started(&table) == Self.ids(5))
    }

    @Test func taskThatWaitedForItsLockStartsBeforeLaterOnes() throws {
        var table = TaskTable(mostRunning: 1, mostQueued: 9)
        for (id, lock) in [(1, "a"), (2, "a"), (3, nil)] as [(Int64, String?)] {
            _ = table.accept(try TaskSample.task(id, lock: lock))
        }
        #expect(Self.started(&table) == Self.ids(1))
        _ = table.finish(1)
        #expect(Self.started(&table) == Self.ids(2))
    }

    @Test func sameTaskAgainStartsNothingAndAnotherWithItsIdIsRefused() throws {
        var table = TaskTable(mostRunning: 1, mostQueued: 9)
        let (one, other) = (
            try TaskSample.task(1), try TaskSample.message(#"{"task_id":1,"service":"s","command":"x"}"#)
        )
        #expect(table.accept(one) == .accepted)
        for _ in 0..<2 {
            #expect(table.accept(one) == .repeated)
            #expect(table.objection(to: other) == .idInUse)
            _ = table.start()
        }
        #expect(table.queuedCount == 0 && table.runningCount == 1)
        _ = table.finish(1)
        #expect(table.objection(to: one.message) == nil)
        #expect(table.accept(one) == .accepted)
    }

    @Test(arguments: [
        (#"{"task_id":1,"service":"s","command":"c"}"#, true), (#"{"command":"c","service":"s","task_id":1}"#, true),
        (#"{"task_id":1,"service":"s","command":"c","timestamp":"t"}"#, false),
        (#"{"task_id":1,"service":"s","command":"d"}"#, false), (#"{"task_id":1,"service":"t","command":"c"}"#, false),
        (#"{"task_id":"1","service":"s","command":"c"}"#, false),
        (#"{"task_id":1,"service":"s","command":"c","parameters":{}}"#, false),
    ])
    func contentIsTheSame(_ text: String, _ isSame: Bool) throws {
        let sample = try TaskSample.task(1)
        let message = try TaskSample.message(#"{"task_id":1,"service":"s","command":"c"}"#)
        let task = AcceptedTask(message: message, command: sample.command, pair: sample.pair, accepted: sample.accepted)
        #expect(task.isSame(as: try TaskSample.message(text)) == isSame)
    }

    @Test func parametersThatDifferInTheirBytesAreOtherContent() throws {
        let texts = ["\u{E9}", "e\u{301}"].map {
            "{\"task_id\":1,\"service\":\"s\",\"command\":\"c\",\"timestamp\":\"\($0)\",\"parameters\":{\"p\":\"\($0)\"}}"
        }
        let sample = try TaskSample.task(1)
        let message = try TaskSample.message(texts[0])
        let task = AcceptedTask(message: message, command: sample.command, pair: sample.pair, accepted: sample.accepted)
        #expect(task.isSame(as: message))
        #expect(!task.isSame(as: try TaskSample.message(texts[1])))
    }

    @Test func fullQueueRefuses() throws {
        var table = TaskTable(mostRunning: 1, mostQueued: 2)
        for id in 1...2 as ClosedRange<Int64> { #expect(table.accept(try TaskSample.task(id)) == .accepted) }
        #expect(table.accept(try TaskSample.task(3)) == .queueFull)
        #expect(Self.started(&table) == Self.ids(1))
        #expect(table.accept(try TaskSample.task(3)) == .accepted)
        #expect(table.accept(try TaskSample.task(4)) == .queueFull)
        #expect(table.queuedCount == 2)
    }

    @Test func stopHandsOutWhatNeverStarted() throws {
        var table = TaskTable(mostRunning: 1, mostQueued: 9)
        for (id, lock) in [(1, "a"), (2, "a"), (3, nil)] as [(Int64, String?)] {
            _ = table.accept(try TaskSample.task(id, lock: lock))
        }
        _ = table.start()
        #expect(table.stop().map(\.message.taskID) == Self.ids(2, 3))
        #expect(table.accept(try TaskSample.task(4)) == .stopping)
        #expect(table.accept(try TaskSample.task(1, lock: "a")) == .repeated)
        #expect(table.finish(1)?.message.taskID == .integer(1))
        #expect(Self.started(&table) == [])
        #expect(table.stop().isEmpty)
    }

    @Test func onlyWhatRunsCanFinishAndOnlyOnce() throws {
        var table = TaskTable(mostRunning: 1, mostQueued: 9)
        _ = table.accept(try TaskSample.task(1))
        #expect(table.finish(1) == nil)
        _ = table.start()
        #expect(table.finish(1) != nil)
        #expect(table.finish(1) == nil)
        #expect(table.finish(99) == nil)
    }

    @Test func boundsMayChange() throws {
        var table = TaskTable(mostRunning: 2, mostQueued: 9)
        for id in 1...5 as ClosedRange<Int64> { _ = table.accept(try TaskSample.task(id)) }
        #expect(Self.started(&table) == Self.ids(1, 2))
        table.mostRunning = 1
        _ = table.finish(1)
        #expect(Self.started(&table) == [])
        table.mostRunning = 3
        #expect(Self.started(&table) == Self.ids(3, 4))
    }
}
