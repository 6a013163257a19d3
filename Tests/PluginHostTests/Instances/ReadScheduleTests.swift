import Testing

@testable import PluginHost

/// When readers are read.
@Suite struct ReadScheduleTests {
    private static let second = Duration.seconds(1)

    @Test func rhythmIsKept() {
        var schedule = ReadSchedule(interval: .seconds(10), now: .seconds(5))
        #expect(schedule.due == .seconds(5))
        #expect(schedule.finish(hasSucceeded: true, started: .seconds(5), now: .seconds(7)) == nil)
        #expect(schedule.due == .seconds(15))
        #expect(schedule.finish(hasSucceeded: true, started: .seconds(15), now: .seconds(16)) == nil)
        #expect(schedule.due == .seconds(25))
    }

    @Test func failuresDoubleTheIntervalUpToADay() {
        var schedule = ReadSchedule(interval: .seconds(10), now: .zero)
        var (now, waits): (Duration, [Duration]) = (.zero, [])
        for _ in 1...20 {
            let remark = schedule.finish(hasSucceeded: false, started: now, now: now)
            waits.append(schedule.due - now)
            #expect(remark == .failed(nextIn: schedule.due - now))
            now = schedule.due
        }
        #expect(waits.prefix(4) == [.seconds(20), .seconds(40), .seconds(80), .seconds(160)])
        #expect(waits.last == .seconds(86_400))
        #expect(waits.max() == .seconds(86_400))
    }

    @Test func successAfterFailuresBringsTheIntervalBack() {
        var schedule = ReadSchedule(interval: .seconds(10), now: .zero)
        _ = schedule.finish(hasSucceeded: false, started: .zero, now: .zero)
        _ = schedule.finish(hasSucceeded: false, started: .seconds(20), now: .seconds(20))
        let remark = schedule.finish(hasSucceeded: true, started: .seconds(60), now: .seconds(60))
        #expect(remark == .recovered(failures: 2))
        #expect(schedule.due == .seconds(70))
        _ = schedule.finish(hasSucceeded: false, started: .seconds(70), now: .seconds(70))
        #expect(schedule.due == .seconds(90))
    }

    @Test func slowReadingIsToldAndNotMadeUpFor() {
        var schedule = ReadSchedule(interval: .seconds(10), now: .zero)
        let remark = schedule.finish(hasSucceeded: true, started: .zero, now: .seconds(35))
        #expect(remark == .slow(took: .seconds(35)))
        #expect(schedule.due == .seconds(35))
    }
}
