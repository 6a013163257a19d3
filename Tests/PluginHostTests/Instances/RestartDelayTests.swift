import Testing

@testable import PluginHost

/// When a plugin's `run()` is started again.
@Suite struct RestartDelayTests {
    @Test func delaysGrowUpToAMinute() {
        var delay = RestartDelay()
        let waits = (1...9).map { _ in delay.next(afterRunningFor: .zero) }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) })
    }

    @Test func aLongRunForgivesWhatWasBefore() {
        var delay = RestartDelay()
        for _ in 1...5 { _ = delay.next(afterRunningFor: .seconds(1)) }
        #expect(delay.next(afterRunningFor: .seconds(600)) == .seconds(1))
    }
}
