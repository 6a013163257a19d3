public import ConfigurationReader

/// How often something may happen: so many at once, and then one after the other.
public struct Rate: Sendable, Equatable {
    /// How many may come at once after a pause.
    public let burst: Int
    /// The time in which one more becomes free.
    public let interval: Duration

    /// A rate; `nil` unless both numbers are positive and the time is at most a day for each.
    ///
    /// - Parameters:
    ///   - count: How many may happen in the time.
    ///   - duration: The time.
    ///   - burst: How many may come at once; as many as in the time where it is not said.
    public init?(_ count: Int, per duration: Duration, burst: Int? = nil) {
        let burst = burst ?? count
        guard count > 0, (1...1_000_000).contains(burst), duration > .zero, duration <= .seconds(86_400) * count else {
            return nil
        }
        self.burst = burst
        interval = max(.nanoseconds(1), duration / count)
    }

    /// A rate as people write it, `100/10s`; `nil` when the text is none.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let count = Int(parts[0]), "\(count)" == parts[0],
            let duration = DurationText(String(parts[1]))?.duration
        else { return nil }
        self.init(count, per: duration)
    }
}

extension ConfigurationValue where Value == Rate {
    /// How often something may happen.
    public static var rate: Self { parsed("a rate such as \"100/10s\"") { Rate($0) } }
}

/// A bucket of tokens: one is taken for what happens, and they come back one by one.
///
/// It is kept as the time at which the bucket will be full again, so it needs no upkeep.
public struct TokenBucket: Sendable, Equatable {
    private(set) var full: Duration

    /// A full bucket.
    public init(at now: Duration) {
        full = now
    }

    /// Takes a token, if there is one.
    ///
    /// - Parameters:
    ///   - rate: How many tokens the bucket holds, and how fast they come back.
    ///   - now: The time, which may not run backwards.
    /// - Returns: `nil` when there was one; else how long it takes until there will be one.
    public mutating func take(at rate: Rate, _ now: Duration) -> Duration? {
        let later = max(full, now) + rate.interval
        let wait = later - now - rate.interval * rate.burst
        guard wait <= .zero else { return wait }
        full = later
        return nil
    }

    /// How long it takes until there will be a token; `nil` where there is one.
    func wait(at rate: Rate, _ now: Duration) -> Duration? {
        var copy = self
        return copy.take(at: rate, now)
    }

    /// Whether it is full, and so as good as a new one.
    func isFull(at now: Duration) -> Bool { full <= now }
}

/// A rate for each of many, with a bound on how many are told apart.
///
///     var brake = RateLimit<Name>(rate)
///     if let wait = brake.take(for: sender, at: clock.uptime) { … }   // too often; free again after `wait`
public struct RateLimit<Key: Hashable & Sendable>: Sendable {
    /// How often each of them may.
    public let rate: Rate
    /// How many are told apart; those beyond share one bucket, until others are idle again.
    public let mostKeys: Int
    /// How many were refused.
    public private(set) var refused = 0
    /// How many had to share the common bucket because there was no room.
    public private(set) var shared = 0

    private var buckets: [Key: TokenBucket] = [:]
    private var common: TokenBucket?
    /// Before this time no bucket can be idle, so that a crowd is not searched through for every newcomer.
    private var nextIdle: Duration?

    /// A limit that has seen nobody.
    public init(_ rate: Rate, mostKeys: Int = 1024) {
        self.rate = rate
        self.mostKeys = max(0, mostKeys)
    }

    /// How many are told apart now.
    public var count: Int { buckets.count }

    /// Takes a token for one of them.
    ///
    /// - Parameters:
    ///   - key: For whom.
    ///   - now: The time, which may not run backwards.
    /// - Returns: `nil` when it may happen; else how long it takes until it may.
    public mutating func take(for key: Key, at now: Duration) -> Duration? {
        guard buckets[key] != nil || makeRoom(at: now) else {
            shared += 1
            var bucket = common ?? TokenBucket(at: now)
            defer { common = bucket }
            return counted(bucket.take(at: rate, now))
        }
        let wait = buckets[key, default: TokenBucket(at: now)].take(at: rate, now)
        if let idle = buckets[key]?.full, let earliest = nextIdle { nextIdle = min(earliest, idle) }
        return counted(wait)
    }

    /// How long one of them has to wait now; `nil`: not at all.
    ///
    /// Nothing is taken.
    public func wait(for key: Key, at now: Duration) -> Duration? {
        buckets[key]?.wait(at: rate, now)
    }

    private mutating func counted(_ wait: Duration?) -> Duration? {
        if wait != nil { refused += 1 }
        return wait
    }

    /// Whether there is room for one more, after those who are idle were forgotten.
    private mutating func makeRoom(at now: Duration) -> Bool {
        guard buckets.count >= mostKeys else { return true }
        guard nextIdle.map({ $0 <= now }) ?? true else { return false }
        buckets = buckets.filter { !$0.value.isFull(at: now) }
        nextIdle = buckets.values.map(\.full).min()
        return buckets.count < mostKeys
    }
}
