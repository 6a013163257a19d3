import Glibc
import JSON
import Logging
import MQTT
import Synchronization
import TestSupport

/// Sends tasks, repeats each byte by byte until it is answered, and notes all in the ledgers.
///
/// With several brokers the copies go to one after the other.
final class TaskSender: Sendable {
    private struct Open {
        let task: ChaosTask
        var copies = 0
        var due: ContinuousClock.Instant
    }

    private struct State {
        var backlog: [ChaosTask] = []
        var open: [String: Open] = [:]
        /// How often each answer came.
        var answers: [String: [Ledgers.Answer: Int]] = [:]
        var onlines = 0
        var lastProgress = ContinuousClock.now
        var generator: SeededGenerator
    }

    private let ledgers: LedgerFiles
    private let state: Mutex<State>
    private let clients: [MQTTClient]
    private let outstanding: Int
    private let retry: Duration?

    /// Connects to every broker and waits for the subscriptions.
    ///
    /// - Parameters:
    ///   - ports: The brokers'.
    ///   - ledgers: Where sent and answered tasks are noted.
    ///   - retry: After how long a copy follows, give or take the half; `nil`: never.
    ///   - outstanding: How many tasks may wait for their answers.
    ///   - generator: Its chance.
    /// - Throws: A broker did not let it subscribe in time.
    init(
        _ ports: [Int], ledgers: LedgerFiles, retry: Duration?, outstanding: Int, generator: SeededGenerator
    ) async throws {
        self.ledgers = ledgers
        self.retry = retry
        self.outstanding = outstanding
        state = Mutex(State(generator: generator))
        let inbox = Inbox()
        clients = ports.map { inbox.client(port: $0) }
        inbox.take = { [weak self] in self?.receive($0) }
        for client in clients {
            let topics = ["result", "online"].map { MQTTSubscription("recovery/\(ChaosAgent.host)/\($0)") }
            client.subscribe(to: topics)
            client.start()
        }
        try await eventually("the sender is subscribed") { inbox.subscriptions.count >= 2 * ports.count }
    }

    /// Disconnects.
    func stop() async {
        for client in clients { await client.stop(deadline: .seconds(2)) }
    }

    /// Queues tasks; ``pump()`` sends them.
    func submit(_ tasks: [ChaosTask]) {
        state.withLock { $0.backlog += tasks.reversed() }
    }

    /// Waits for the answer to a task that somebody else publishes.
    func adopt(_ task: ChaosTask) {
        ledgers.note(Ledgers.Sent(id: task.id, code: task.code))
        state.withLock { $0.open[task.id] = Open(task: task, due: .now + .seconds(86_400)) }
    }

    /// Publishes what may go out now: new tasks while there is room, and copies that are due.
    func pump() {
        let now = ContinuousClock.now
        let (new, copies) = state.withLock { state in
            var new: [ChaosTask] = []
            while state.open.count < outstanding, let task = state.backlog.popLast() {
                let due = now + delay(&state)
                state.open[task.id] = Open(task: task, due: due)
                new.append(task)
            }
            guard retry != nil else { return (new, [Open]()) }
            var copies: [Open] = []
            for (id, open) in state.open where open.due <= now {
                copies.append(open)
                let due = now + delay(&state)
                state.open[id] = Open(task: open.task, copies: open.copies + 1, due: due)
            }
            return (new, copies)
        }
        for task in new {
            ledgers.note(Ledgers.Sent(id: task.id, code: task.code))
            publish(task.payload, by: task.turn)
        }
        for copy in copies { publish(copy.task.payload, by: copy.task.turn + copy.copies + 1) }
    }

    /// Publishes bytes as they are, through one of the brokers.
    func publish(_ payload: [UInt8], by number: Int = 0) {
        let client = clients[number % clients.count]
        client.publish(OutgoingMessage(topic: "recovery/\(ChaosAgent.host)/command", payload: payload))
    }

    /// How many tasks are neither sent nor answered, and how many are sent and not answered.
    var left: Int { state.withLock { $0.backlog.count + $0.open.count } }

    /// How many tasks have an answer.
    var answered: Int { state.withLock { $0.answers.count } }

    /// The different answers to a task, and how often each came.
    func answers(to id: String) -> [Ledgers.Answer: Int] { state.withLock { $0.answers[id] ?? [:] } }

    /// How long ago a task was answered first.
    var quiet: Duration { .now - state.withLock { $0.lastProgress } }

    /// How often the agent said that it is online.
    var onlines: Int { state.withLock { $0.onlines } }

    /// Counts a long fault as progress, so that its silence is no reason to give up.
    func excuse() { state.withLock { $0.lastProgress = .now } }

    private func delay(_ state: inout State) -> Duration {
        guard let retry else { return .zero }
        return retry * Double.random(in: 0.5..<1.5, using: &state.generator)
    }

    private func receive(_ message: ReceivedMessage) {
        if message.topic.hasSuffix("/online") {
            if message.payload == Array("1".utf8) { state.withLock { $0.onlines += 1 } }
            return
        }
        guard let object = (try? JSONText(message.payload, allowsNUL: true))?.value.object,
            let id = object["task_id"]?.string,
            let code = object["code"]?.integer, let text = object["message"]?.string
        else { return }
        let answer = Ledgers.Answer(id: id, code: Int(code), message: text)
        let isNew = state.withLock { state in
            // Equal copies are counted, but noted once: a flood of duplicates is answered as often.
            state.answers[id, default: [:]][answer, default: 0] += 1
            let isPassing = Verdict.passing.contains(answer.code)
            if !isPassing, state.open.removeValue(forKey: id) != nil { state.lastProgress = .now }
            return state.answers[id]?[answer] == 1
        }
        if isNew { ledgers.note(answer) }
    }
}

/// Where the clients of a sender put what they receive.
private final class Inbox: Sendable {
    let subscriptions = Collected<MQTTSubscription>()
    private let taker = Mutex(Taker())

    /// A structure around the function: a function that stands in a `Mutex` by itself is wrapped once more by every look at
    /// it, until a call of it needs the whole stack.
    private struct Taker {
        var take: (@Sendable (ReceivedMessage) -> Void)?
    }

    var take: (@Sendable (ReceivedMessage) -> Void)? {
        get { taker.withLock { $0.take } }
        set { taker.withLock { $0.take = newValue } }
    }

    func client(port: Int) -> MQTTClient {
        let handlers = MQTTHandlers(
            onMessage: { message in
                self.take?(message)
                return .take
            },
            onEvent: { event in if case .subscribed(let topic) = event { self.subscriptions.append(topic) } }
        )
        let address = BrokerAddress(host: "127.0.0.1", port: port)
        var options = MQTTOptions(address: address, clientID: "chaos-\(UInt64.random(in: 0 ... .max))")
        options.reconnect = Backoff.Limits(base: .milliseconds(50), cap: .milliseconds(300))
        options.outboxCount = 200_000
        return MQTTClient(
            options, logger: Logger(label: "chaos") { _ in SwiftLogNoOpLogHandler() }, handlers: handlers)
    }
}
