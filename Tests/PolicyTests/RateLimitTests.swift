import TestSupport
import Testing

@testable import Policy

/// Brakes on those who ask too often.
@Suite struct RateLimitTests {
    private static let start = Duration.seconds(5)

    @Test(
        arguments: [
            (0, Duration.seconds(1), nil), (-1, .seconds(1), nil), (1, .zero, nil), (1, .seconds(-1), nil),
            (1, .seconds(86_401), nil), (1, .seconds(1), 0), (1, .seconds(1), 1_000_001), (2_000_000, .seconds(1), nil),
        ] as [(Int, Duration, Int?)])
    func otherNumbersAreNoRate(count: Int, duration: Duration, burst: Int?) {
        #expect(Rate(count, per: duration, burst: burst) == nil)
    }

    @Test func soManyMayComeAtOnceAndThenOneAfterTheOther() throws {
        let rate = try #require(Rate(10, per: .seconds(1), burst: 3))
        var bucket = TokenBucket(at: Self.start)
        func take(_ milliseconds: Int) -> Duration? { bucket.take(at: rate, Self.start + .milliseconds(milliseconds)) }
        #expect([take(0), take(0), take(0)] == [nil, nil, nil])
        #expect(take(0) == .milliseconds(100))
        #expect(take(99) == .milliseconds(1))
        #expect(take(100) == nil)
        #expect(take(100) == .milliseconds(100))
        // After a pause no more than a burst.
        #expect((0..<5).map { _ in take(60_000) == nil } == [true, true, true, false, false])
    }

    /// Whatever comes: in any span no more than the burst and what the rate gives in it, and nobody waits in vain.
    @Test(arguments: SeededGenerator.seeds)
    func noSpanHasMoreThanItsShare(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<30 {
            let burst = 1 + chance.number(below: 5)
            let rate = try #require(Rate(1 + chance.number(below: 20), per: .seconds(1), burst: burst))
            var bucket = TokenBucket(at: Self.start)
            var (now, taken) = (Self.start, [Duration]())
            for _ in 0..<200 {
                now += .milliseconds(chance.one(of: [0, 0, 1, 10, 100, 1000]))
                guard let wait = bucket.take(at: rate, now) else {
                    taken.append(now)
                    continue
                }
                #expect(wait > .zero && wait <= rate.interval)
                var later = bucket
                #expect(later.take(at: rate, now + wait) == nil)
                var sooner = bucket
                #expect(sooner.take(at: rate, now + wait - .nanoseconds(1)) != nil)
            }
            for (index, first) in taken.enumerated() {
                for (count, last) in taken[index...].enumerated() {
                    #expect(rate.interval * (count + 1 - burst) <= last - first)
                }
            }
        }
    }

    @Test func oneSenderDoesNotBrakeAnother() throws {
        var limit = RateLimit<String>(try #require(Rate(5, per: .seconds(1))))
        for _ in 0..<10_000 { _ = limit.take(for: "hostile", at: Self.start) }
        #expect(limit.take(for: "other", at: Self.start) == nil)
        #expect(limit.refused == 9995)
        #expect(limit.count == 2)
    }

    @Test func crowdHasABoundAndSharesWhatIsBeyondIt() throws {
        var limit = RateLimit<Int>(try #require(Rate(2, per: .seconds(1))), mostKeys: 100)
        let allowed = (0..<10_000).filter { limit.take(for: $0, at: Self.start) == nil }
        #expect(limit.count == 100)
        // Each that had room, and what one bucket gives to all others together.
        #expect(allowed == Array(0..<102))
        #expect(limit.shared == 9900 && limit.refused == 9898)
        #expect(limit.take(for: 5, at: Self.start) == nil)
    }

    @Test func idleOnesMakeRoom() throws {
        var limit = RateLimit<Int>(try #require(Rate(2, per: .seconds(1))), mostKeys: 3)
        for key in 0..<3 { _ = limit.take(for: key, at: Self.start) }
        _ = limit.take(for: 0, at: Self.start)
        #expect(limit.take(for: 3, at: Self.start) == nil)
        #expect(limit.shared == 1)
        // All but the first are full again.
        #expect(limit.take(for: 4, at: Self.start + .milliseconds(600)) == nil)
        #expect(limit.count == 2 && limit.shared == 1)
        #expect(limit.take(for: 5, at: Self.start + .milliseconds(600)) == nil)
        // The one that came last is idle before the one that was looked at first.
        #expect(limit.take(for: 6, at: Self.start + .seconds(5)) == nil)
        #expect(limit.count == 1 && limit.shared == 1)
    }

    @Test func newcomersMakeRoomBeforeThoseWhoTookALot() throws {
        var limit = RateLimit<String>(try #require(Rate(1, per: .seconds(1), burst: 10)), mostKeys: 2)
        for _ in 0..<10 { _ = limit.take(for: "much", at: Self.start) }
        for (key, seconds) in [("a", 0), ("b", 2), ("c", 4), ("d", 6)] {
            #expect(limit.take(for: key, at: Self.start + .seconds(seconds)) == nil)
        }
        #expect(limit.shared == 0 && limit.count == 2)
        // And whoever took a lot has not been forgotten.
        #expect((0..<10).count { _ in limit.take(for: "much", at: Self.start + .seconds(6)) == nil } == 6)
    }

    /// Telling many apart gives the same as a bucket for each, as long as there is room.
    @Test(arguments: SeededGenerator.seeds)
    func forgettingTheIdleChangesNothing(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let rate = try #require(Rate(3, per: .seconds(1), burst: 2))
        var limit = RateLimit<Int>(rate, mostKeys: 8)
        var buckets: [Int: TokenBucket] = [:]
        var now = Self.start
        for _ in 0..<5000 {
            now += .milliseconds(chance.one(of: [0, 5, 50, 200]))
            let (key, shared) = (chance.number(below: 12), limit.shared)
            let wait = limit.take(for: key, at: now)
            #expect(limit.count <= 8)
            guard limit.shared == shared else { continue }
            #expect(wait == buckets[key, default: TokenBucket(at: now)].take(at: rate, now))
        }
    }

    @Test func limitWithoutRoomIsOneBucket() throws {
        var limit = RateLimit<Int>(try #require(Rate(1, per: .seconds(1))), mostKeys: 0)
        #expect(limit.take(for: 1, at: Self.start) == nil)
        #expect(limit.take(for: 2, at: Self.start) == .seconds(1))
        #expect(limit.count == 0)
    }
}
