import PluginKit
import Testing

@testable import PluginHost

/// What is expected of a loop.
@Suite struct PulseTests {
    @Test func pulseIsLateAfterWhatItSaid() {
        let pulse = Pulse("loop")
        let begin = ContinuousClock.now
        let late = { (seconds: Int) in pulse.isLate(at: begin + .seconds(seconds)) }
        #expect(!late(1_000_000))
        pulse.beat()
        #expect(!late(29) && late(31))
        pulse.beat(within: Pulse.disk)
        #expect(!late(59) && late(61))
        pulse.rest()
        #expect(!late(1_000_000))
        pulse.beat(within: .zero)
        #expect(late(1))
    }

    @Test func boardNamesTheLateAndForgetsTheGone() {
        let board = PulseBoard()
        let first = board.pulse(of: "first")
        var second: Pulse? = board.pulse(of: "second")
        for pulse in [first, second] { pulse?.beat() }
        let later = ContinuousClock.now + .seconds(40)
        #expect(board.late() == [] && board.late(at: later) == ["first", "second"])
        second = nil
        #expect(board.late(at: later) == ["first"])
    }
}
