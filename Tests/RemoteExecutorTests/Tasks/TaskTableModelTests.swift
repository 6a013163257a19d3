import TestSupport
import Testing

@testable import CommandCatalog
@testable import RemoteExecutor

/// Whatever comes in whatever order, the table does what a slow and simple model does.
@Suite(.crowd)
struct TaskTableModelTests {
    /// The model: a list of what waits and a list of what runs, looked through from the front.
    private struct Model {
        var waiting: [(id: Int64, lock: String?)] = []
        var running: [(id: Int64, lock: String?)] = []
        /// The first that may start.
        func next(_ most: Int) -> Int? {
            guard running.count < most else { return nil }
            return waiting.indices.first { index in
                let lock = waiting[index].lock
                return lock == nil || !running.contains { $0.lock == lock }
            }
        }
    }

    @Test(arguments: SeededGenerator.seeds)
    func tableDoesWhatTheModelDoes(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<150 {
            let (running, queued) = (1 + chance.number(below: 4), 1 + chance.number(below: 6))
            try Self.play(running, queued, &chance)
        }
    }

    private static func play(_ mostRunning: Int, _ mostQueued: Int, _ chance: inout SeededGenerator) throws {
        var table = TaskTable(mostRunning: mostRunning, mostQueued: mostQueued)
        var model = Model()
        var numbers: [Int64: TaskTable.Number] = [:]
        var (accepted, left): (Set<Int64>, Set<Int64>) = ([], [])
        for id in 0..<Int64(60) {
            let lock: String? = chance.one(of: ["a", "b", nil, nil])
            let hasRoom = Self.waiting(beside: lock, model, mostRunning) <= mostQueued
            switch table.accept(try TaskSample.task(id, lock: lock)) {
            case .accepted:
                #expect(hasRoom)
                accepted.insert(id)
                model.waiting.append((id, lock))
            case .queueFull: #expect(!hasRoom)
            case .repeated, .idInUse: Issue.record("a new identity is not known")
            }
            if chance.happens(onceIn: 2) { start(&table, &model, mostRunning, &numbers) }
            for _ in 0..<chance.number(below: 3) { finish(&table, &model, numbers, &left, &chance) }
            #expect(table.queuedCount == model.waiting.count && table.runningCount == model.running.count)
        }
        while !model.waiting.isEmpty || !model.running.isEmpty {
            start(&table, &model, mostRunning, &numbers)
            try #require(!model.running.isEmpty, "nothing waits for ever")
            finish(&table, &model, numbers, &left, &chance)
        }
        #expect(left == accepted)
        #expect(table.queuedCount == 0 && table.runningCount == 0)
    }

    /// How many wait with one more task, when all have started that can.
    private static func waiting(beside lock: String?, _ model: Model, _ most: Int) -> Int {
        var model = model
        model.waiting.append((-1, lock))
        while let index = model.next(most) { model.running.append(model.waiting.remove(at: index)) }
        return model.waiting.count
    }

    private static func start(
        _ table: inout TaskTable, _ model: inout Model, _ most: Int, _ numbers: inout [Int64: TaskTable.Number]
    ) {
        while let index = model.next(most) {
            let expected = model.waiting.remove(at: index)
            model.running.append(expected)
            guard let number = table.start(as: RunID()) else {
                Issue.record("\(expected.id) may start")
                return
            }
            numbers[expected.id] = number
            #expect(table[number]?.message.taskID == .integer(expected.id))
        }
        #expect(table.start(as: RunID()) == nil)
        let locks = model.running.compactMap(\.lock)
        #expect(Set(locks).count == locks.count)
        #expect(model.running.count <= most)
    }

    private static func finish(
        _ table: inout TaskTable, _ model: inout Model, _ numbers: [Int64: TaskTable.Number], _ left: inout Set<Int64>,
        _ chance: inout SeededGenerator
    ) {
        guard !model.running.isEmpty else { return }
        let task = model.running.remove(at: chance.number(below: model.running.count))
        table.forget(numbers[task.id] ?? 0)
        #expect(table.number(of: .integer(task.id)) == nil)
        #expect(left.insert(task.id).inserted, "every task leaves once")
    }
}
