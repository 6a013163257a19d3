import CommandCatalog
import TestSupport
import Testing

@testable import RemoteExecutor

/// What the journal keeps, how long, and what gives way.
@Suite(.crowd) struct JournalBoundsTests {
    @Test func oldestAnnouncedDigestGivesWay() throws {
        let bench = try JournalBench(Journal.Limits(digests: 3, ballast: 0))
        let journal = try bench.open()
        // The first is not announced, and stays.
        try journal.commit([.accepted(bench.task(1))], now: bench.now)
        try bench.announce(2...6, in: journal)
        let kept = try journal.latest(9).map(\.number)
        #expect(kept == [6, 5, 1])
        #expect(journal.counters.digests == 3 && journal.counters.digestsGivenWay == 3)
        let forgotten = try journal.entry(bench.digest(2), now: bench.now)
        #expect(forgotten == nil)
    }

    @Test func digestsInsideATimeWindowNeverGiveWay() throws {
        let bench = try JournalBench(Journal.Limits(digests: 2, ballast: 0))
        let journal = try bench.open()
        for number in 1...2 as ClosedRange<Int64> {
            let until = bench.now + .seconds(100 * number)
            try journal.commit([.accepted(bench.task(number, keepUntil: until))], now: bench.now)
            try journal.commit([.finished(number: number, bench.finish()), .announced(number: number)], now: bench.now)
        }
        let error = #expect(throws: JournalError.self) {
            try journal.commit([.accepted(bench.task(3))], now: bench.now + .seconds(99))
        }
        #expect(error?.kind == .noRoom)
        #expect(journal.state == .ok && journal.counters.digests == 2 && journal.nextNumber == 3)
        try journal.commit([.accepted(bench.task(3))], now: bench.now + .seconds(100))
        let kept = try journal.latest(9).map(\.number)
        #expect(kept == [3, 2])
    }

    @Test func announcementMakesRoomAlsoBehindTheWalk() throws {
        let bench = try JournalBench(Journal.Limits(digests: 2, ballast: 0))
        let journal = try bench.open()
        try journal.commit([.accepted(bench.task(1)), .accepted(bench.task(2))], now: bench.now)
        for _ in 1...2 {
            let error = #expect(throws: JournalError.self) {
                try journal.commit([.accepted(bench.task(3))], now: bench.now)
            }
            #expect(error?.kind == .noRoom)
        }
        try journal.commit([.finished(number: 1, bench.finish())], now: bench.now)
        journal.defer(.announced(number: 1))
        try journal.commit([.accepted(bench.task(3))], now: bench.now)
        let kept = try journal.latest(9).map(\.number)
        #expect(kept == [3, 2])
    }

    @Test func oldestAnswersGiveWayAndTheirCodesStay() throws {
        let bench = try JournalBench(Journal.Limits(answerBytes: 1000, ballast: 0))
        let journal = try bench.open()
        // Each has 20 bytes of payload, 300 of message and 2 of detail.
        try bench.announce(1...5, in: journal, message: String(repeating: "m", count: 300))
        let entries = try journal.latest(9)
        #expect(entries.map { $0.message == nil } == [false, false, false, true, true])
        #expect(entries.map { $0.payload.isEmpty } == [false, false, false, true, true])
        #expect(entries.allSatisfy { $0.code == 0 && $0.stage == .announced })
        #expect(journal.counters.answerBytes == 3 * 322 && journal.counters.answersGivenWay == 2)
        #expect(journal.counters.digestsGivenWay == 0)
    }

    @Test func answersThatAreNotAnnouncedNeverGiveWay() throws {
        let bench = try JournalBench(Journal.Limits(answerBytes: 100, ballast: 0))
        let journal = try bench.open()
        for number in 1...3 as ClosedRange<Int64> {
            try journal.commit([.accepted(bench.task(number))], now: bench.now)
            try journal.commit([.finished(number: number, bench.finish())], now: bench.now)
        }
        try journal.tidy(now: bench.now)
        #expect(try journal.unfinished().allSatisfy { $0.message == "done\n" && $0.payload.count == 20 })
        try journal.commit([.announced(number: 1)], now: bench.now)
        let messages = try journal.latest(9).map(\.message)
        #expect(messages == ["done\n", "done\n", "done\n"] || messages == ["done\n", "done\n", nil])
        try journal.commit([.accepted(bench.task(4, payload: 90))], now: bench.now)
        let first = try journal.entry(number: 1)
        #expect(first?.message == nil && first?.code == 0)
    }

    @Test func sumsAreThoseOfTheFileAfterAnyHistory() throws {
        for seed in SeededGenerator.seeds {
            var chance = SeededGenerator(seed: seed)
            let bench = try JournalBench(
                Journal.Limits(digests: 12, answerBytes: 900, horizon: .seconds(50), ballast: 0))
            var journal: Journal? = try bench.open()
            for _ in 0..<150 {
                let number = journal?.nextNumber ?? 0
                let changes: [Journal.Change] = (0...chance.number(below: 3)).map { _ in
                    let old = number - 1 - Int64(chance.number(below: 8))
                    let message = String(repeating: "m", count: chance.number(below: 200))
                    return switch chance.number(below: 4) {
                    case 0: .finished(number: old, bench.finish(message))
                    case 1: .announced(number: old)
                    default: .accepted(bench.task(number, payload: chance.number(below: 60)))
                    }
                }
                // Two acceptances of one number are a contradiction, a full journal is one of the answers: both undone.
                try? journal?.commit(changes, now: bench.now)
                bench.now = bench.now + .seconds(Int64(chance.number(below: 10)))
                if chance.happens(onceIn: 5) { try journal?.tidy(now: bench.now) }
                let counters = try #require(journal?.counters)
                let next = journal?.nextNumber
                journal = nil
                journal = try bench.open()
                #expect(journal?.counters.digests == counters.digests, "seed \(seed)")
                #expect(journal?.counters.answerBytes == counters.answerBytes, "seed \(seed)")
                #expect(journal?.nextNumber == next, "seed \(seed)")
                #expect(counters.digests <= 12, "seed \(seed)")
            }
        }
    }

    @Test func digestIsForgottenBehindItsHorizon() throws {
        let bench = try JournalBench(Journal.Limits(horizon: .seconds(100), ballast: 0))
        let journal = try bench.open()
        try bench.announce(1...1, in: journal)
        try journal.commit([.accepted(bench.task(2))], now: bench.now)
        let (before, after) = (bench.now + .seconds(99), bench.now + .seconds(100))
        let (known, gone, unfinished) = try (
            journal.entry(bench.digest(1), now: before), journal.entry(bench.digest(1), now: after),
            journal.entry(bench.digest(2), now: after)
        )
        #expect(known?.number == 1 && gone == nil && unfinished?.number == 2)
        try journal.tidy(now: before)
        #expect(journal.counters.digests == 2)
        try journal.tidy(now: after)
        #expect(journal.counters.digests == 1 && journal.counters.pruned == 1)
    }

    @Test func taskThatRanForLongHoldsNobodyBack() throws {
        let bench = try JournalBench(Journal.Limits(horizon: .seconds(100), ballast: 0))
        let journal = try bench.open()
        try journal.commit([.accepted(bench.task(1)), .accepted(bench.task(2))], now: bench.now)
        try journal.commit([.finished(number: 2, bench.finish()), .announced(number: 2)], now: bench.now)
        bench.now = bench.now + .seconds(90)
        try journal.commit([.finished(number: 1, bench.finish()), .announced(number: 1)], now: bench.now)
        try journal.tidy(now: bench.now + .seconds(10))
        let kept = try journal.latest(9).map(\.number)
        #expect(kept == [1])
    }

    @Test func digestThatComesAgainBehindItsHorizonReplacesItsRow() throws {
        let bench = try JournalBench(Journal.Limits(horizon: .seconds(100), ballast: 0))
        let journal = try bench.open()
        try bench.announce(1...1, in: journal)
        var again = bench.task(1)
        again.number = 2
        let error = #expect(throws: JournalError.self) {
            try journal.commit([.accepted(again)], now: bench.now + .seconds(99))
        }
        #expect(error?.kind == .contradiction)
        try journal.commit([.accepted(again)], now: bench.now + .seconds(100))
        let found = try journal.entry(bench.digest(1), now: bench.now)
        #expect(found?.number == 2 && found?.stage == .accepted)
        #expect(journal.counters.digests == 1 && journal.counters.answerBytes == 20)
    }

    @Test func numbersAreNeverGivenAgain() throws {
        let bench = try JournalBench(Journal.Limits(horizon: .seconds(100), ballast: 0))
        do {
            let journal = try bench.open()
            try bench.announce(1...7, in: journal)
            try journal.tidy(now: bench.now + .seconds(100))
            #expect(journal.counters.digests == 0)
        }
        let next = try bench.open().nextNumber
        #expect(next == 8)
    }

    @Test func deferredChangesAreBounded() throws {
        let bench = try JournalBench()
        let journal = try bench.open()
        for _ in 0...65_536 { journal.defer(.announced(number: 1)) }
        #expect(journal.counters.deferredDropped == 4096)
    }

    @Test func idleDirectoryIsSmall() throws {
        let bench = try JournalBench(Journal.Limits())
        let journal = try bench.open()
        try bench.announce(1...100, in: journal)
        #expect((bench.size(of: "journal.sqlite-wal") ?? 0) > 100_000)
        try journal.tidy(now: bench.now)
        try journal.tidy(now: bench.now)
        #expect(bench.size(of: "journal.sqlite-wal") == 0)
        let names = ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "journal.ballast", "agent.lock"]
        #expect(names.compactMap { bench.size(of: $0) }.reduce(0, +) < 400_000)
        #expect(bench.size(of: "journal.ballast") == 256 << 10)
    }
}
