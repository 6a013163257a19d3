import Signatures
import Synchronization
import Testing

/// A challenge is good for one to two hours.
struct ChallengeTests {
    /// Values that can be told apart.
    private final class Counter: Sendable {
        private let count = Mutex(0)
        func next() -> String {
            count.withLock {
                $0 += 1
                return "\($0)"
            }
        }
    }

    @Test func currentAndPreviousAreAccepted() {
        let counter = Counter()
        var source = ChallengeSource(at: .seconds(100)) { counter.next() }
        let steps: [(Int, [String])] = [
            (100, ["1"]), (3699, ["1"]), (3700, ["2", "1"]), (7299, ["2", "1"]), (7300, ["3", "2"]),
            // Nobody asked for two hours and more.
            (14_500, ["4"]), (14_500, ["4"]), (18_100, ["5", "4"]), (999_999, ["6"]),
        ]
        for (seconds, accepted) in steps {
            let before = source.current
            let isNew = source.advance(to: .seconds(seconds))
            #expect(source.accepted == accepted && source.current == accepted[0], "\(seconds)")
            #expect(isNew == (source.current != before))
        }
    }

    @Test func valuesAreRandom() {
        let values = (0..<100).map { _ in ChallengeSource(at: .zero).current }
        #expect(Set(values).count == 100 && values.allSatisfy { $0.utf8.count == 32 })
    }
}
