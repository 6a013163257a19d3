import CommandCatalog
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
        /// The one to the output while the command runs.
        case followingRefused(MQTTReason)
        case published(PublishOutcome)
        case answered(Answer)
        /// What the agent says to our wish to cancel.
        case cancelAnswered(Answer)
        case progress(TaskEvent)
        /// Something about the host that the user should know.
        case noticed(Note)
        case retryDue
        case timeIsUp
        case signal(Int32)
    }

    /// What is to be done.
    enum Action: Equatable, Sendable {
        case send
        /// The same bytes once more.
        case sendAgain
        /// Ask the agent to end the task; a second time with the same bytes.
        case cancel
        /// Tell when this time has passed.
        case retry(after: Duration)
        case show(TaskEvent)
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
    private let cancelsOnSignal: Bool
    private var retries: RetrySchedule?
    private var stage = Stage.connecting
    private var trace = Ending.Trace.unacknowledged
    private var lastFailure: MQTTError?
    /// The answer of an agent that could not take the task, and may be able to later; `nil` from the next attempt on.
    private var lastRefusal: Answer?
    private var hasSaidRefusal = false
    private var hasComplained = false
    private var hasSaidUnheard = false
    /// Whether the broker has not acknowledged what was sent last: it is still on its way, and needs no repetition.
    private var isOutstanding = false
    /// The signal that made us cancel the task.
    private var cancelSignal: Int32?
    /// Whether the wish to cancel waits for its answer: then it is repeated and the task is not.
    private var isCancelling = false

    /// Begins.
    ///
    /// - Parameters:
    ///   - awaitsAnswer: Whether there is a topic on which an answer can come.
    ///   - retries: When the task is sent again; `nil`: never.
    ///   - cancelsOnSignal: Whether the first signal cancels the task instead of ending us.
    init(awaitsAnswer: Bool, retries: RetrySchedule? = nil, cancelsOnSignal: Bool = false) {
        self.awaitsAnswer = awaitsAnswer
        self.retries = awaitsAnswer ? retries : nil
        self.cancelsOnSignal = cancelsOnSignal && awaitsAnswer
    }

    /// Takes note of an event.
    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .connected: connected()
        case .connectFailed(let error): connectFailed(error)
        case .connectionLost(let error): connectionLost(error)
        case .disconnected: []
        case .subscribed: subscribed()
        case .subscriptionRefused(let reason): stage == .sent ? [] : [.end(.denied(.subscription(reason)))]
        case .followingRefused(let reason): [.note(.followingRefused(reason))]
        case .published(let outcome): published(outcome)
        // An answer to a task that was not sent is a guess of somebody else.
        case .answered(let answer): stage == .sent ? answered(answer) : []
        case .cancelAnswered(let answer): cancelAnswered(answer)
        case .progress(let event): stage == .sent ? [.show(event)] : []
        case .noticed(let note): [.note(note)]
        case .retryDue: retryDue()
        case .timeIsUp: [.end(late)]
        case .signal(let signal): signalled(signal)
        }
    }

    /// Goes on with another task, after the answer to the one before.
    mutating func begin() -> [Action] {
        lastRefusal = nil
        trace = .unacknowledged
        retries?.restart()
        return send()
    }

    private mutating func send() -> [Action] {
        stage = .sent
        isOutstanding = true
        return [.send] + retryLater()
    }

    private mutating func connected() -> [Action] {
        isConnected = true
        lastFailure = nil
        guard stage == .connecting else { return [] }
        guard awaitsAnswer else { return send() }
        stage = .subscribing
        return []
    }

    private mutating func subscribed() -> [Action] { stage == .subscribing ? send() : [] }

    private mutating func retryLater() -> [Action] {
        (retries?.next()).map { [.retry(after: $0)] } ?? []
    }

    private mutating func retryDue() -> [Action] {
        guard isConnected, !isOutstanding else { return retryLater() }
        isOutstanding = true
        lastRefusal = nil
        return [isCancelling ? .cancel : .sendAgain] + retryLater()
    }

    private mutating func answered(_ answer: Answer) -> [Action] {
        guard retries != nil, answer.code == .storageUnavailable, cancelSignal == nil else {
            return [.end(.answered(answer))]
        }
        lastRefusal = answer
        defer { hasSaidRefusal = true }
        return hasSaidRefusal ? [] : [.note(.notTakenYet(answer))]
    }

    /// Only an agent that knows the task, or knew it, makes it worth while to wait for the task's own answer.
    private mutating func cancelAnswered(_ answer: Answer) -> [Action] {
        guard isCancelling, let cancelSignal else { return [] }
        isCancelling = false
        guard answer.code != .success, answer.code != .alreadyFinished else { return [] }
        return [.note(.notCancelled(answer)), .end(.stopped(signal: cancelSignal, wasSent: true))]
    }

    private mutating func signalled(_ signal: Int32) -> [Action] {
        guard cancelsOnSignal, stage == .sent, cancelSignal == nil else {
            return [.end(.stopped(signal: signal, wasSent: stage == .sent))]
        }
        cancelSignal = signal
        isCancelling = true
        isOutstanding = true
        return [.note(.cancelling), .cancel]
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
        isOutstanding = false
        switch outcome {
        case .sent:
            trace = .acknowledged
            return awaitsAnswer ? [] : [.end(.sent)]
        case .acknowledged(let reason) where reason.isFailure: return [.end(.denied(.publication(reason)))]
        case .acknowledged(let reason):
            let isUnheard = reason == .noMatchingSubscribers
            // Once somebody had it, it may have been done.
            if trace != .acknowledged { trace = isUnheard ? .noSubscriber : .acknowledged }
            return (isUnheard ? sayUnheard() : []) + (awaitsAnswer ? [] : [.end(.sent)])
        case .refused(let error): return [.end(.unsendable(error))]
        // The outbox has room for more than one task, and is only emptied when we end.
        case .dropped, .abandoned: return []
        }
    }

    private mutating func sayUnheard() -> [Action] {
        defer { hasSaidUnheard = true }
        return hasSaidUnheard ? [] : [.note(.noSubscriber)]
    }

    private var late: Ending {
        if let lastRefusal { return .answered(lastRefusal) }
        return switch stage {
        case .connecting: .noBroker(lastFailure.map(Ending.Obstacle.connection) ?? .silence)
        case .subscribing: .noBroker(.unansweredSubscription)
        case .sent: awaitsAnswer ? .noAnswer(trace) : .noBroker(.unacknowledged)
        }
    }
}
