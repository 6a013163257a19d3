import TestSupport
import Testing

@testable import CommandCatalog
@testable import RemoteExecutor

/// The table decides what is accepted, and what may start.
struct TaskTableTests {
    /// The numbers of the tasks that may start now.
    private static func started(_ table: inout TaskTable, pending: Set<TaskTable.Number> = []) -> [TaskTable.Number] {
        var started: [TaskTable.Number] = []
        while let number = table.start(as: RunID(), pending: pending) { started.append(number) }
        return started
    }

    /// A table with tasks of these locks, numbered from 1 on.
    private static func fill(_ table: inout TaskTable, _ locks: [String?]) throws {
        for (id, lock) in zip(TaskTable.Number(1)..., locks) {
            #expect(table.accept(try TaskSample.task(id, lock: lock)) == .accepted(id))
        }
    }

    @Test func tasksStartInTheOrderOfAcceptanceSoManyAtATime() throws {
        var table = TaskTable(mostRunning: 2, mostQueued: 9)
        try Self.fill(&table, [nil, nil, nil, nil])
        #expect(Self.started(&table) == [1, 2])
        table.release(2)
        #expect(Self.started(&table) == [3])
        #expect(table.runningTasks.map(\.number) == [1, 3])
        #expect(table.queuedTasks.map(\.number) == [4])
        #expect(table.runningCount == 2 && table.queuedCount == 1)
    }

    @Test func lockHoldsBackOnlyThoseWithTheSameLock() throws {
        var table = TaskTable(mostRunning: 9, mostQueued: 9)
        try Self.fill(&table, ["a", "a", "b", nil, "a"])
        #expect(Self.started(&table) == [1, 3, 4])
        table.release(3)
        #expect(Self.started(&table) == [])
        table.release(1)
        #expect(Self.started(&table) == [2])
        table.forget(2)
        #expect(Self.started(&table) == [5])
    }

    @Test func taskThatWaitedForItsLockStartsBeforeLaterOnes() throws {
        var table = TaskTable(mostRunning: 1, mostQueued: 9)
        try Self.fill(&table, ["a", "a", nil])
        #expect(Self.started(&table) == [1])
        table.release(1)
        #expect(Self.started(&table) == [2])
    }

    @Test func sameTaskAgainStartsNothingAndAnotherWithItsIdIsRefused() throws {
        var table = TaskTable(mostRunning: 1, mostQueued: 9)
        let (one, other) = (try TaskSample.task(1), try TaskSample.task(1, timestamp: 9))
        #expect(table.accept(one) == .accepted(1))
        for _ in 0..<2 {
            #expect(table.accept(one) == .repeated(1))
            #expect(table.accept(other) == .idInUse)
            _ = Self.started(&table)
        }
        #expect(table.queuedCount == 0 && table.runningCount == 1)
    }

    @Test func endedTaskIsKnownUntilItIsForgottenAndItsIdIsFreeBefore() throws {
        var table = TaskTable(mostRunning: 1, mostQueued: 9)
        let (one, other) = (try TaskSample.task(1), try TaskSample.task(1, timestamp: 9))
        _ = table.accept(one)
        _ = Self.started(&table)
        table.release(1)
        #expect(table.accept(one) == .repeated(1))
        #expect(table.accept(other) == .accepted(2))
        table.forget(1)
        #expect(table.number(of: .integer(1)) == 2, "the newer task keeps the id")
        #expect(table.accept(one) == .idInUse)
        table.forget(2)
        #expect(table.accept(one) == .accepted(3))
        #expect(table.runningCount == 0 && table.queuedCount == 1)
    }

    @Test func fullQueueRefuses() throws {
        var table = TaskTable(mostRunning: 1, mostQueued: 2)
        try Self.fill(&table, [nil, nil, nil])
        #expect(table.accept(try TaskSample.task(4)) == .queueFull)
        #expect(Self.started(&table) == [1])
        #expect(table.accept(try TaskSample.task(4)) == .queueFull)
        table.forget(1)
        #expect(table.accept(try TaskSample.task(4)) == .accepted(4))
        #expect(table.accept(try TaskSample.task(5)) == .queueFull)
        #expect(table.queuedCount == 3)
    }

    @Test func pendingTaskStartsOnlyForWhoeverKeepsIt() throws {
        var table = TaskTable(mostRunning: 9, mostQueued: 9)
        #expect(table.accept(try TaskSample.task(1, keeping: .pending)) == .accepted(1))
        #expect(table.accept(try TaskSample.task(2, keeping: .pending)) == .accepted(2))
        #expect(Self.started(&table) == [])
        #expect(table.hasStartable == false)
        #expect(Self.started(&table, pending: [2]) == [2])
        table.keep([1], in: .journal)
        #expect(table.hasStartable == true)
        #expect(table[1]?.payload == [], "the journal has it now")
        #expect(Self.started(&table) == [1])
    }

    @Test func startThatNobodyWasAskedForIsTakenBackToItsPlace() throws {
        var table = TaskTable(mostRunning: 2, mostQueued: 9)
        try Self.fill(&table, ["a", nil, "a"])
        #expect(Self.started(&table) == [1, 2])
        table.unstart(1)
        table.unstart(1)
        #expect(table.runningCount == 1 && table.queuedCount == 2)
        #expect(table[1]?.run == nil)
        #expect(Self.started(&table) == [1])
    }

    @Test func runIsKnownByItsLatestName() throws {
        var table = TaskTable(mostRunning: 1, mostQueued: 9)
        try Self.fill(&table, [nil])
        let (first, second) = (RunID(rawValue: 1), RunID(rawValue: 2))
        #expect(table.start(as: first) == 1)
        table.name(1, second)
        #expect(table.number(of: first) == nil)
        #expect(table.number(of: second) == 1)
        table.release(1)
        #expect(table.number(of: second) == nil)
    }

    @Test func cancellationEndsWhatWaitsAndNamesTheRunOfWhatRuns() throws {
        var table = TaskTable(mostRunning: 1, mostQueued: 9)
        try Self.fill(&table, ["a", "a", nil])
        let run = RunID(rawValue: 7)
        #expect(table.start(as: run) == 1)
        #expect(table.cancel(1) == .running(1, run))
        #expect(table[1]?.isCancelled == true)
        #expect(table.cancel(2) == .ended(2))
        #expect(table.cancel(2) == .unknown)
        #expect(table.cancel(9) == .unknown)
        table.release(1)
        #expect(Self.started(&table) == [3])
    }

    @Test func restoredTasksGoOnWhereTheyWere() throws {
        var table = TaskTable(mostRunning: 2, mostQueued: 9, nextNumber: 5)
        var running = try TaskSample.task(1, lock: "a")
        running.run = RunID(rawValue: 4)
        table.restore(running, 3)
        table.restore(try TaskSample.task(2, lock: "a"), 4)
        #expect(table.accept(try TaskSample.task(3)) == .accepted(5))
        #expect(table.accept(try TaskSample.task(2, lock: "a")) == .repeated(4))
        #expect(Self.started(&table) == [5])
        #expect(table.number(of: RunID(rawValue: 4)) == 3)
        table.forget(3)
        #expect(Self.started(&table) == [4])
    }

    @Test func answerGoesToEveryPlaceThatAskedButNotTwice() throws {
        var table = TaskTable(mostRunning: 1, mostQueued: 9)
        try Self.fill(&table, [nil])
        for number in 0..<40 { table.add(try TaskSample.origin("b\(number % 20)"), to: 1) }
        #expect(table[1]?.origins.count == Origin.most)
        #expect(table[1]?.origins.filter { $0.broker == "b1" }.count == 1)
    }

    @Test func stoppedTableAcceptsForTheNextAgentAndStartsNothing() throws {
        var table = TaskTable(mostRunning: 9, mostQueued: 9)
        try Self.fill(&table, [nil])
        table.stop()
        #expect(table.accept(try TaskSample.task(2)) == .accepted(2))
        #expect(Self.started(&table) == [])
    }

    @Test func boundsMayChange() throws {
        var table = TaskTable(mostRunning: 2, mostQueued: 9)
        try Self.fill(&table, [nil, nil, nil, nil, nil])
        #expect(Self.started(&table) == [1, 2])
        table.mostRunning = 1
        table.release(1)
        #expect(Self.started(&table) == [])
        table.mostRunning = 3
        #expect(Self.started(&table) == [3, 4])
    }
}
