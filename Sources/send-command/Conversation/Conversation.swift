import MQTT

/// What was seen of a conversation with an agent, and what follows from it: connecting, subscribed, sent, answered.
///
/// A value: it is told events and returns what is to be done.
struct Conversation {
    /// What happens.
    enum Event: Equatable, Sendable {
        case connected
        case connectFailed(MQTTError)
        case connectionLost(MQTTError)
        /// We left.
        case disconnected
        case subscribed
        case subscriptionRefused(MQTTReason)
        case published(PublishOutcome)
        case answered(Answer)
        case timeIsUp
        case signal(Int32)
    }

    /// What is to be done.
    enum Action: Equatable, Sendable {
        case send
        case note(Note)
        case end(Ending)
    }

    private enum Stage {
        case connecting
        case subscribing
        case sent
    }

    /// Whether the broker has us.
    private(set) var isConnected = false
    private let awaitsAnswer: Bool
    private var stage = Stage.connecting
    private var trace = Ending.Trace.unacknowledged
    private var lastFailure: MQTTError?
    private var hasComplained = false

    /// Begins.
    ///
    /// - Parameter awaitsAnswer: Whether there is a topic on which an answer can come.
    init(awaitsAnswer: Bool) { self.awaitsAnswer = awaitsAnswer }

    /// Takes note of an event.
    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .connected: connected()
        case .connectFailed(let error): connectFailed(error)
        case .connectionLost(let error): connectionLost(error)
        case .disconnected: []
        case .subscribed: subscribed()
        case .subscriptionRefused(let reason): stage == .sent ? [] : [.end(.denied(.subscription(reason)))]
        case .published(let outcome): published(outcome)
        // An answer to a task that was not sent is a guess of somebody else.
        case .answered(let answer): stage == .sent ? [.end(.answered(answer))] : []
        case .timeIsUp: [.end(late)]
        case .signal(let signal): [.end(.stopped(signal: signal, wasSent: stage == .sent))]
        }
    }

    private mutating func connected() -> [Action] {
        isConnected = true
        lastFailure = nil
        guard stage == .connecting else { return [] }
        stage = awaitsAnswer ? .subscribing : .sent
        return awaitsAnswer ? [] : [.send]
    }

    private mutating func subscribed() -> [Action] {
        guard stage == .subscribing else { return [] }
        stage = .sent
        return [.send]
    }

    /// What only a person can mend ends it at once; everything else may mend itself within the time.
    private mutating func connectFailed(_ error: MQTTError) -> [Action] {
        lastFailure = error
        switch error.code {
        case .notAuthorized: return [.end(.denied(.connection(error)))]
        case .tls: return [.end(.noBroker(.connection(error)))]
        default: return complain(.connectFailed(error))
        }
    }

    private mutating func connectionLost(_ error: MQTTError) -> [Action] {
        isConnected = false
        lastFailure = error
        if stage == .subscribing { stage = .connecting }
        return complain(.connectionLost(error))
    }

    /// Says it once: the later failures are the same, or the time-out names the last.
    private mutating func complain(_ note: Note) -> [Action] {
        defer { hasComplained = true }
        return hasComplained ? [] : [.note(note)]
    }

    private mutating func published(_ outcome: PublishOutcome) -> [Action] {
        switch outcome {
        case .sent:
            trace = .acknowledged
            return awaitsAnswer ? [] : [.end(.sent)]
        case .acknowledged(let reason) where reason.isFailure: return [.end(.denied(.publication(reason)))]
        case .acknowledged(let reason):
            let isUnheard = reason == .noMatchingSubscribers
            trace = isUnheard ? .noSubscriber : .acknowledged
            return (isUnheard ? [.note(.noSubscriber)] : []) + (awaitsAnswer ? [] : [.end(.sent)])
        case .refused(let error): return [.end(.unsendable(error))]
        // The outbox has room for more than one task, and is only emptied when we end.
        case .dropped, .abandoned: return []
        }
    }

    private var late: Ending {
        switch stage {
        case .connecting: .noBroker(lastFailure.map(Ending.Obstacle.connection) ?? .silence)
        case .subscribing: .noBroker(.unansweredSubscription)
        case .sent: awaitsAnswer ? .noAnswer(trace) : .noBroker(.unacknowledged)
        }
    }
}
