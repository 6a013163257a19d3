import CommandCatalog
import JSON
import MQTT
import Synchronization

/// Which messages concern us: asked by the MQTT thread, changed by the one that waits.
final class Mailbag: Sendable {
    private struct State {
        var current: TaskID
        var cancellation: TaskID?
    }

    private let state: Mutex<State>
    private let topics: Settings.Topics

    /// Awaits the answer to a task.
    init(_ id: TaskID, topics: Settings.Topics) {
        state = Mutex(State(current: id))
        self.topics = topics
    }

    /// Awaits the answer to another task from now on.
    func await(_ id: TaskID) { state.withLock { $0.current = id } }

    /// Awaits the answer to this wish to cancel as well.
    func awaitCancellation(_ id: TaskID) { state.withLock { $0.cancellation = id } }

    /// What a message means for us, if anything.
    func event(_ message: ReceivedMessage) -> Conversation.Event? {
        let (current, cancellation) = state.withLock { ($0.current, $0.cancellation) }
        switch message.topic {
        case topics.result?.description:
            if let answer = Answer(message, to: current) { return .answered(answer) }
            return cancellation.flatMap { Answer(message, to: $0) }.map { .cancelAnswered($0) }
        case topics.event?.description: return progress(message, current)
        default: return nil
        }
    }

    private func progress(_ message: ReceivedMessage, _ id: TaskID) -> Conversation.Event? {
        guard !message.isRetained, let json = try? JSONText(message.payload, allowsNUL: true).value,
            let event = TaskEvent(json: json), event.taskID == id, case .output = event.kind
        else { return nil }
        return .progress(event)
    }
}
