import Testing

@testable import MQTT

@Suite struct AllowanceTests {
    @Test func burstIsGivenAtOnceAndTheRestOverTime() {
        var allowance = Allowance(burst: 3, perSecond: 10)
        let start = ContinuousClock.now
        #expect((1...5).map { _ in allowance.take(at: start) } == [true, true, true, false, false])
        let later = start + .milliseconds(250)
        #expect((1...4).map { _ in allowance.take(at: later) } == [true, true, false, false])
        let muchLater = start + .seconds(60)
        #expect((1...4).map { _ in allowance.take(at: muchLater) } == [true, true, true, false])
    }
}
