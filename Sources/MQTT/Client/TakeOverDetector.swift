/// Finds that somebody else uses our client identifier: the broker lets only one of us live, and both come back.
///
/// MQTT 5 would have the broker say so, but not every broker does (mosquitto 2.0.11 hangs up without a word), and MQTT
/// 3.1.1 knows no such word. A broker that dies hangs up, too. So only many short lives in a row tell; an attempt that
/// fails in between says that it was the broker, or the way to it.
///
/// A value: it is told what happened and when.
struct TakeOverDetector {
    private var ends: [ContinuousClock.Instant] = []
    private var isSuspicious = false

    /// A connection that lived less is short.
    static let shortLife = Duration.seconds(5)
    /// So many short ones within ``window`` are no accident.
    static let limit = 5
    static let window = Duration.seconds(15)
    /// After one suspicion a single short life is enough, until a connection lived so long.
    static let calm = Duration.seconds(60)

    /// Notes the end of an accepted connection that the other side ended.
    ///
    /// - Parameters:
    ///   - now: When it ended.
    ///   - lived: How long it had been accepted.
    ///   - wasTold: Whether the broker named a take-over as the reason; two of them are enough.
    /// - Returns: Whether a take-over is suspected.
    mutating func connectionEnded(at now: ContinuousClock.Instant, lived: Duration, wasTold: Bool) -> Bool {
        if lived >= Self.calm { isSuspicious = false }
        guard lived < Self.shortLife || wasTold else {
            ends = []
            return false
        }
        ends = ends.filter { now - $0 < Self.window } + [now]
        guard isSuspicious || ends.count >= (wasTold ? 2 : Self.limit) else { return false }
        isSuspicious = true
        ends = []
        return true
    }
    /// Notes that no connection could be made: whoever takes over leaves the broker as it is.
    mutating func attemptFailed() {
        ends = []
        isSuspicious = false
    }
}
