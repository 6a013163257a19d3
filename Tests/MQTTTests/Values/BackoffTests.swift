import MQTT
import TestSupport
import Testing

@Suite(.crowd)
struct BackoffTests {
    @Test func waitsDoubleUpToTheCap() {
        var backoff = Backoff(limits: .init(base: .seconds(1), cap: .seconds(60)), random: { 0.5 })
        let waits = (0..<9).map { _ in backoff.next() }
        #expect(waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30].map { .seconds($0) })
    }

    @Test func successBeginsAnew() {
        var backoff = Backoff(random: { 0.5 })
        for _ in 0..<5 { _ = backoff.next() }
        backoff.reset()
        #expect(backoff.next() == .milliseconds(500))
    }

    @Test func noWaitLeavesItsBounds() {
        for _ in 0..<200 {
            let limits = Backoff.Limits(
                base: .milliseconds(Int.random(in: 1...5000)), cap: .milliseconds(Int.random(in: 1...90_000))
            )
            var backoff = Backoff(limits: limits)
            var ceiling = limits.base
            for _ in 0..<40 {
                let wait = backoff.next()
                #expect(wait >= .zero && wait < min(ceiling, limits.cap))
                ceiling = min(ceiling * 2, limits.cap)
            }
            let slow = backoff.nextSlow()
            #expect(slow >= limits.cap / 2 && slow <= limits.cap)
        }
    }

    @Test func waitsAreSpreadOverTheWholeRange() {
        let waits = (0..<1000).map { _ in
            var backoff = Backoff()
            return backoff.next()
        }
        #expect(waits.contains { $0 < .milliseconds(100) })
        #expect(waits.contains { $0 > .milliseconds(900) })
    }
}
