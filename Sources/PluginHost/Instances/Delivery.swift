import CommandCatalog
import PluginKit

/// What waits for an instance.
enum Delivery: Sendable {
    case metrics([Metric])
    case notification(PluginKit.Notification)
    case message(MQTTMessage)
    case result(TaskResult)
    /// The time to read has come; whoever asked is told when the reading is over.
    case read(ReadRequest)
    /// Everything before it has been handled.
    case mark(Completion)

    /// Each kind has its own bound, so that a flood of one leaves room for the others.
    enum Kind: Int, CaseIterable, Sendable {
        case metrics, notification, message, result, read, mark
    }

    var kind: Kind {
        switch self {
        case .metrics: .metrics
        case .notification: .notification
        case .message: .message
        case .result: .result
        case .read: .read
        case .mark: .mark
        }
    }
}

/// Somebody waits for the end of a reading; it is told exactly once, whether the reading took place or not.
struct ReadRequest: Sendable {
    let finished: CheckedContinuation<ReadOutcome, Never>
}

/// What became of a reading.
enum ReadOutcome: Sendable, Equatable {
    case succeeded
    case failed
    /// The instance ended first.
    case abandoned
}
