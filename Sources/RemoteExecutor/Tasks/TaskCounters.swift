internal import CommandCatalog

/// How many tasks ended how, since the start of the agent.
struct TaskCounters: Sendable {
    /// The ways a task may end, as metrics name them.
    enum Outcome: String, CaseIterable {
        case succeeded
        case failed
        case refused
        case notAuthentic = "not-authentic"
        case denied
        case expired
        case cancelled
        case timedOut = "timed-out"
        case notStarted = "not-started"
        case interrupted
        case unreadable
        case repeated
    }

    private var counts: [Outcome: Int64] = [:]

    subscript(outcome: Outcome) -> Int64 { counts[outcome, default: 0] }

    mutating func count(_ outcome: Outcome) {
        counts[outcome, default: 0] += 1
    }

    mutating func count(_ code: ResultCode) {
        count(Outcome(code))
    }
}

extension TaskCounters.Outcome {
    init(_ code: ResultCode) {
        switch code {
        case .success: self = .succeeded
        case .timedOut: self = .timedOut
        case .couldNotStart: self = .notStarted
        case .interrupted: self = .interrupted
        case .expired: self = .expired
        case .cancelled: self = .cancelled
        case .notAuthentic, .wrongTarget: self = .notAuthentic
        case .denied: self = .denied
        case _ where code.isExitStatus: self = .failed
        default: self = .refused
        }
    }
}
