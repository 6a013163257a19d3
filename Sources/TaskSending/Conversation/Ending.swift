import MQTT
import ProgramOptions

/// How a conversation ended.
enum Ending: Equatable, Sendable {
    /// What stood between us and the broker.
    enum Obstacle: Equatable, Sendable {
        /// The connection, or the last attempt to make one.
        case connection(MQTTError)
        /// Nothing at all was heard within the time.
        case silence
        /// It did not answer the subscription.
        case unansweredSubscription
        /// It did not acknowledge the task, which may have arrived.
        case unacknowledged
    }

    /// What the broker does not let us do.
    enum Denial: Equatable, Sendable {
        case connection(MQTTError)
        case subscription(MQTTReason)
        case publication(MQTTReason)
    }

    /// What is known about a task to which no answer came.
    enum Trace: Equatable, Sendable {
        /// The broker has it, as far as the quality of service can tell.
        case acknowledged
        case unacknowledged
        /// The broker said that nobody subscribes to the topic.
        case noSubscriber
    }

    /// The answer came.
    case answered(Answer)
    /// The answer came, but is not what was asked for.
    case garbled
    /// The broker has the task, and nobody wanted to wait.
    case sent
    /// No answer in time.
    case noAnswer(Trace)
    /// The broker was not reached, or does not answer.
    case noBroker(Obstacle)
    /// The broker was reached, and refused us.
    case denied(Denial)
    /// The task can never be sent as it is.
    case unsendable(MQTTError)
    /// A signal ended us.
    case stopped(signal: Int32, wasSent: Bool)
    /// Nobody reads our standard output.
    case outputClosed
    /// The program was called wrongly.
    case usage(UsageError)
}
