import CommandCatalog
import JSON
import MQTT
import ProgramOptions
import Synchronization

/// Which messages concern us: asked by the MQTT thread, changed by the one that waits.
final class Mailbag: Sendable {
    fileprivate struct State {
        var current: TaskMessage
        var cancellation: TaskMessage?
        var proof: AnswerProof?
        var said: [Note] = []
    }

    private let state: Mutex<State>
    private let topics: Settings.Topics

    /// Awaits the answer to a task.
    init(_ task: TaskMessage, topics: Settings.Topics, proof: AnswerProof?) {
        state = Mutex(State(current: task, proof: proof))
        self.topics = topics
    }

    /// Awaits the answer to another task from now on.
    func await(_ task: TaskMessage) { state.withLock { $0.current = task } }

    /// Awaits the answer to this wish to cancel as well.
    func awaitCancellation(_ task: TaskMessage) { state.withLock { $0.cancellation = task } }

    /// What a message means for us, in order.
    func events(_ message: ReceivedMessage) -> [Conversation.Event] {
        if message.topic == topics.status?.description {
            return state.withLock { $0.proof?.see(message.payload) }.map { [.noticed($0)] } ?? []
        }
        guard let event = event(message) else { return [] }
        switch event {
        case .answered, .cancelAnswered: return proved(event, message)
        default: return [event]
        }
    }

    /// The answer, unless somebody else than the host has given it.
    private func proved(_ event: Conversation.Event, _ message: ReceivedMessage) -> [Conversation.Event] {
        state.withLock { state in
            guard let proof = state.proof else { return [event] }
            let isCancellation = if case .cancelAnswered = event { true } else { false }
            let task = isCancellation ? state.cancellation : state.current
            switch task.map({ proof.verdict(on: message.payload, to: $0) }) {
            case .proved?: return [Self.signed(event)]
            case .unproved?: return state.note(.answerUnproved(proof.host)) + [event]
            case .refuted?, nil: return state.note(.answerRefuted(proof.host))
            }
        }
    }

    private static func signed(_ event: Conversation.Event) -> Conversation.Event {
        guard case .answered(var answer) = event else { return event }
        answer.isSigned = true
        return .answered(answer)
    }

    private func event(_ message: ReceivedMessage) -> Conversation.Event? {
        let (current, cancellation) = state.withLock { ($0.current.taskID, $0.cancellation?.taskID) }
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

extension Mailbag.State {
    /// Says something once.
    fileprivate mutating func note(_ note: Note) -> [Conversation.Event] {
        guard !said.contains(note) else { return [] }
        said.append(note)
        return [.noticed(note)]
    }
}
