import CommandCatalog
import TestSupport
import Testing

@testable import RemoteExecutor

/// A task's way through the stages, and what an agent that comes later knows of it.
@Suite(.crowd) struct JournalStageTests {
    let bench: JournalBench

    init() throws { bench = try JournalBench() }

    @Test func newJournalKnowsNothing() throws {
        let journal = try bench.open()
        let unfinished = try journal.unfinished()
        #expect(unfinished.isEmpty)
        #expect(journal.nextNumber == 1 && journal.state == .ok && journal.counters.digests == 0)
    }

    @Test func everyStageOutlivesTheAgent() throws {
        let task = bench.task(1, run: nil, keepUntil: bench.now + .seconds(300))
        try commit(.accepted(task))
        try expect { $0.stage == .accepted && $0.run == nil && $0.started == nil && $0.payload == task.payload }
        try commit(.starting(number: 1, run: .max, boot: "boot-2", at: bench.now + .seconds(1)))
        try expect {
            $0.stage == .starting && $0.run == .max && $0.boot == "boot-2" && $0.started == bench.now + .seconds(1)
        }
        try commit(.starting(number: 1, run: 7, boot: "boot-2", at: bench.now + .seconds(2)))
        try commit(.finished(number: 1, bench.finish("é\0\n", code: -1)))
        try expect {
            $0.stage == .finished && $0.message == "é\0\n" && $0.code == -1 && $0.detail == Array("{}".utf8)
                && $0.started == bench.now + .seconds(2) && $0.finished == bench.now && $0.state == "finished"
        }
        try commit(.announced(number: 1))
        try expect { $0.stage == .announced && $0.message == "é\0\n" && $0.keepUntil == bench.now + .seconds(300) }
        let journal = try bench.open()
        let unfinished = try journal.unfinished()
        #expect(unfinished.isEmpty)
        #expect(journal.nextNumber == 2)
    }

    @Test func taskThatStartsAtOnceIsOneChange() throws {
        try commit(.accepted(bench.task(1, run: 3)))
        try expect { $0.stage == .starting && $0.run == 3 && $0.boot == "boot-1" && $0.started == bench.now }
    }

    @Test func unfinishedAreOldestFirstWithoutTheAnnounced() throws {
        let journal = try bench.open()
        try journal.commit((1...5).map { .accepted(bench.task($0)) }, now: bench.now)
        try journal.commit(
            [.finished(number: 2, bench.finish()), .finished(number: 4, bench.finish()), .announced(number: 4)],
            now: bench.now)
        let unfinished = try journal.unfinished().map(\.number)
        #expect(unfinished == [1, 2, 3, 5])
        let latest = try journal.latest(2).map(\.number)
        #expect(latest == [5, 4])
        let named = try journal.entries(taskID: "3").map(\.number)
        #expect(named == [3])
        let missing = try journal.entry(number: 6)
        #expect(missing == nil)
    }

    @Test func deferredRidesWithTheNextCommit() throws {
        var journal: Journal? = try bench.open()
        try journal?.commit([.accepted(bench.task(1)), .finished(number: 1, bench.finish())], now: bench.now)
        journal?.defer(.announced(number: 1))
        try expectStage(.finished, in: journal)
        try journal?.commit([.accepted(bench.task(2))], now: bench.now)
        try expectStage(.announced, in: journal)
        try journal?.commit([.finished(number: 2, bench.finish())], now: bench.now)
        journal?.defer(.announced(number: 2))
        try journal?.flush(now: bench.now)
        journal = nil
        let unfinished = try bench.open().unfinished()
        #expect(unfinished.isEmpty)
    }

    @Test func commitIsAllOrNothingAndTheDeferredGoOnWaiting() throws {
        let journal = try bench.open()
        try journal.commit([.accepted(bench.task(1)), .finished(number: 1, bench.finish())], now: bench.now)
        journal.defer(.announced(number: 1))
        let error = #expect(throws: JournalError.self) {
            try journal.commit([.accepted(bench.task(2)), .accepted(bench.task(1))], now: bench.now)
        }
        #expect(error?.kind == .contradiction)
        let second = try journal.entry(number: 2)
        #expect(second == nil)
        #expect(journal.nextNumber == 2 && journal.counters.digests == 1 && journal.counters.failedCommits == 1)
        #expect(journal.state == .ok)
        try expectStage(.finished, in: journal)
        try journal.flush(now: bench.now)
        try expectStage(.announced, in: journal)
    }

    @Test func startThatDoesNotFitIsRefused() throws {
        let journal = try bench.open()
        try bench.announce(1...1, in: journal)
        for change in [
            Journal.Change.starting(number: 1, run: 2, boot: "boot-1", at: bench.now),
            .starting(number: 9, run: 2, boot: "boot-1", at: bench.now),
        ] {
            let error = #expect(throws: JournalError.self) { try journal.commit([change], now: bench.now) }
            #expect(error?.kind == .contradiction)
        }
    }

    @Test func firstEndIsTheTruth() throws {
        let journal = try bench.open()
        try bench.announce(1...1, in: journal, message: "first")
        try journal.commit(
            [.finished(number: 1, bench.finish("second", code: 9)), .announced(number: 1)], now: bench.now)
        let entry = try journal.entry(number: 1)
        #expect(entry?.message == "first" && entry?.code == 0 && entry?.stage == .announced)
        #expect(journal.counters.misfits == 2)
    }

    @Test func cooldownOutlivesTheAgentAndEnds() throws {
        let until = bench.now + .seconds(60)
        try commit(.cooldown(service: "disk", command: "clean", until: bench.now))
        try commit(.cooldown(service: "disk", command: "clean", until: until))
        let journal = try bench.open()
        let (found, other) = try (
            journal.cooldown(service: "disk", command: "clean"), journal.cooldown(service: "disk", command: "check")
        )
        #expect(found == until && other == nil)
        try journal.tidy(now: until)
        let later = try journal.cooldown(service: "disk", command: "clean")
        #expect(later == nil)
    }

    @Test func highWaterIsDurableAndNeverFalls() throws {
        do {
            let journal = try bench.open()
            try journal.commit([.accepted(bench.task(1))], now: bench.now)
            try journal.commit([.accepted(bench.task(2))], now: bench.now + .seconds(-3600))
            try journal.tidy(now: bench.now + .seconds(59))
            #expect(journal.highWater == bench.now)
            try journal.tidy(now: bench.now + .seconds(61))
        }
        let journal = try bench.open()
        #expect(journal.highWater == bench.now + .seconds(61))
    }

    private func commit(_ change: Journal.Change) throws {
        let journal = try bench.open()
        try journal.commit([change], now: bench.now)
    }

    private func expect(_ condition: (Journal.Entry) -> Bool, at place: SourceLocation = #_sourceLocation) throws {
        let entry = try #require(try bench.open().entry(bench.digest(1), now: bench.now), sourceLocation: place)
        #expect(condition(entry), "\(entry)", sourceLocation: place)
    }

    private func expectStage(
        _ stage: Journal.Stage, in journal: Journal?, at place: SourceLocation = #_sourceLocation
    ) throws {
        let entry = try journal?.entry(number: 1)
        #expect(entry?.stage == stage, sourceLocation: place)
    }
}
