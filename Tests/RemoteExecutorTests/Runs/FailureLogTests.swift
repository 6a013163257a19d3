import Testing

@testable import RemoteExecutor

/// What goes wrong all the time fills no log.
@Suite struct FailureLogTests {
    @Test func sameFailureIsToldEverMoreSeldom() {
        var log = FailureLog()
        let told = (0..<7200).filter { log.pass("gone", at: .seconds($0)) != nil }
        #expect(told == [0, 10, 30, 70, 150, 310, 630, 1230, 1830, 2430, 3030, 3630, 4230, 4830, 5430, 6030, 6630])
    }

    @Test func linesThatWereHeldBackAreCounted() {
        var log = FailureLog()
        let told = (0...10).map { log.pass("gone", at: .seconds($0)) }
        #expect(told == [0] + Array(repeating: nil, count: 9) + [9])
    }

    @Test func anotherFailureIsToldAtOnce() {
        var log = FailureLog()
        let told = ["gone", "gone", "refused", "refused", "gone"].map { log.pass($0, at: .seconds(1)) }
        #expect(told == [0, nil, 1, nil, 1])
    }

    @Test func endIsNewsOnceAndThenAllIsAsAtFirst() {
        var log = FailureLog()
        var news = [log.end()]
        for second in 0..<100 { _ = log.pass("gone", at: .seconds(second)) }
        for _ in 1...2 { news.append(log.end()) }
        #expect(news == [false, true, false])
        let told = [100, 109, 110].map { log.pass("gone", at: .seconds($0)) }
        #expect(told == [0, nil, 1])
    }
}
