import CommandCatalog
import Logging
import MQTT

/// One conversation over a real broker: carries events to ``Conversation`` and does what it says.
struct Exchange {
    private let call: Call
    private let report: Report
    private let signals: Signals
    private let inbox = Inbox()
    /// What was taken out of the inbox and not looked at yet.
    private var waiting: ArraySlice<Conversation.Event> = []
    private let mailbag: Mailbag
    private var conversation: Conversation
    private var errand: Errand
    private var cancellation: Errand?
    private var output: StoredOutput?
    private var deadline: ContinuousClock.Instant
    private var retryAt: ContinuousClock.Instant?
    /// The output that came before the answer.
    private(set) var followed = FollowedOutput()

    /// A broker that does not even take a goodbye of two bytes is not worth a longer wait.
    private static let patience = Duration.seconds(2)

    /// How long the last pieces of output may come behind the answer, which has another topic.
    private static let delay = Duration.seconds(1)

    /// Prepares it.
    init(_ call: Call, report: Report, signals: Signals) {
        (self.call, self.report, self.signals) = (call, report, signals)
        errand = call.errand
        mailbag = Mailbag(call.errand.task, topics: call.settings.topics, proof: call.proof)
        output = StoredOutput(call.request)
        deadline = .now + call.settings.timeout
        conversation = Conversation(
            awaitsAnswer: call.settings.topics.result != nil,
            retries: call.settings.retries ? RetrySchedule() : nil,
            cancelsOnSignal: call.settings.cancelsOnInterrupt && call.errand.task.verb.isCommand
        )
    }

    /// Talks until the conversation ends, and says goodbye.
    ///
    /// Blocks its thread, which is the program's own: there is nothing else to do meanwhile.
    mutating func run() -> Ending {
        let inbox = inbox
        signals.report { inbox.post(.signal($0)) }
        let ending = converse()
        if conversation.isConnected { awaitGoodbye() }
        return ending
    }

    /// Talks.
    ///
    /// The client lives as long as this runs: letting it go makes it leave the broker in order.
    private mutating func converse() -> Ending {
        let logger = Logger(label: "send-command") { _ in SwiftLogNoOpLogHandler() }
        let client = MQTTClient(call.options, logger: logger, handlers: handlers)
        // The answer's last: where that is granted, the broker has heard of the other, too.
        let topics = [
            call.settings.follows ? call.settings.topics.event : nil, call.settings.topics.status,
            call.settings.topics.result,
        ]
        client.subscribe(to: topics.compactMap { $0 }.map { MQTTSubscription($0.description, qos: .atLeastOnce) })
        client.start()
        while true {
            for action in conversation.handle(next()) {
                guard let ending = perform(action, client) else { continue }
                if let ending = goOn(ending, client) { return ending }
            }
        }
    }

    private mutating func next() -> Conversation.Event {
        let end = retryAt.map { min($0, deadline) } ?? deadline
        let event = next(until: end)
        guard event == .timeIsUp, end < deadline else { return event }
        retryAt = nil
        return .retryDue
    }

    private mutating func next(until end: ContinuousClock.Instant) -> Conversation.Event {
        while true {
            if waiting.isEmpty { waiting = inbox.next(until: end)[...] }
            let event = waiting.popFirst() ?? .timeIsUp
            // A repetition may have been answered while we went on to the next task.
            if case .answered(let answer) = event, answer.taskID != errand.task.taskID { continue }
            return event
        }
    }

    private mutating func perform(_ action: Conversation.Action, _ client: MQTTClient) -> Ending? {
        switch action {
        case .send:
            guard signals.released({ StandardStreams.print(report.opening) }) else { return .outputClosed }
            publish(errand, qos: call.settings.qos, client)
        case .sendAgain: publish(errand, qos: .atLeastOnce, client)
        case .cancel: cancel(client)
        case .retry(let delay): retryAt = .now + delay
        case .show(let event): return show(event)
        case .note(let note): say(note)
        case .end(let ending): return ending
        }
        return nil
    }

    private func publish(_ errand: Errand, qos: MQTTQoS, _ client: MQTTClient) {
        let inbox = inbox
        let message = OutgoingMessage(
            topic: call.settings.topics.command.description, payload: errand.payload, qos: qos)
        client.publish(message) { inbox.post(.published($0)) }
    }

    private mutating func cancel(_ client: MQTTClient) {
        if cancellation == nil {
            cancellation = try? call.another(.cancel(errand.task.taskID))
            if let cancellation { mailbag.awaitCancellation(cancellation.task) }
        }
        if let cancellation { publish(cancellation, qos: .atLeastOnce, client) }
    }

    private mutating func show(_ event: TaskEvent) -> Ending? {
        guard case .output(let chunk) = event.kind, let addition = followed.take(chunk) else { return nil }
        if addition.missed > 0 { say(.missed(bytes: addition.missed, chunk.stream)) }
        return signals.released {
            switch chunk.stream {
            case .stdout: return StandardStreams.print(report.shown(piece: addition.text)) ? nil : .outputClosed
            case .stderr:
                StandardStreams.passOn(addition.text)
                return nil
            }
        }
    }

    private func say(_ note: Note) {
        if let text = report.text(note) { signals.released { StandardStreams.complain(text) } }
    }

    /// What comes behind an answer: the next piece of stored output, or the rest of what is followed.
    private mutating func goOn(_ ending: Ending, _ client: MQTTClient) -> Ending? {
        guard case .answered(let answer) = ending else { return ending }
        if call.settings.follows { return awaitRest(answer) ?? ending }
        guard answer.code == .success, var output else { return ending }
        guard let bytes = output.take(answer.message) else { return .garbled }
        let shown = report.isTerminal ? Array(report.shown(piece: String(decoding: bytes, as: UTF8.self)).utf8) : bytes
        guard signals.released({ StandardStreams.print(shown) }) else { return .outputClosed }
        self.output = output
        guard let request = output.next, let errand = try? call.another(.fetch(request)) else {
            return .answered(Answer(code: .success, message: ""))
        }
        self.errand = errand
        mailbag.await(errand.task)
        // Every piece has the whole time: their number is the agent's.
        deadline = .now + call.settings.timeout
        retryAt = nil
        for action in conversation.begin() {
            if let ending = perform(action, client) { return ending }
        }
        return nil
    }

    private mutating func awaitRest(_ answer: Answer) -> Ending? {
        let end = ContinuousClock.now + Self.delay
        while isIncomplete(answer) {
            switch next(until: min(end, deadline)) {
            case .progress(let event): if let ending = show(event) { return ending }
            case .timeIsUp, .signal: return sayMissing(answer)
            default: continue
            }
        }
        return nil
    }

    private func isIncomplete(_ answer: Answer) -> Bool {
        followed.missing(answer.detail?.stdout, of: .stdout) > 0
            || followed.missing(answer.detail?.stderr, of: .stderr) > 0
    }

    /// Where nothing came at all, the answer itself is shown.
    private func sayMissing(_ answer: Answer) -> Ending? {
        for (stream, output) in [(OutputStream.stdout, answer.detail?.stdout), (.stderr, answer.detail?.stderr)] {
            let missing = followed.missing(output, of: stream)
            if missing > 0, !followed.isEmpty || stream == .stderr { say(.missed(bytes: missing, stream)) }
        }
        return nil
    }

    /// Waits until the goodbye is written: the process must not end before.
    ///
    /// Not `MQTTClient.stop`, which is asynchronous: Swift's pool of threads alone would start for half a millisecond.
    private mutating func awaitGoodbye() {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            switch next(until: deadline) {
            case .disconnected, .connectionLost, .timeIsUp: return
            default: continue
            }
        }
    }

    private var handlers: MQTTHandlers {
        let (inbox, mailbag, topics) = (inbox, mailbag, call.settings.topics)
        return MQTTHandlers(
            onMessage: { message in
                for event in mailbag.events(message) { inbox.post(event) }
                return .take
            },
            onEvent: { event in
                if let event = Conversation.Event(event, topics) { inbox.post(event) }
            }
        )
    }
}

extension Conversation.Event {
    /// What an event of the connection means for us, if anything.
    fileprivate init?(_ event: MQTTEvent, _ topics: Settings.Topics) {
        switch event {
        case .connected: self = .connected
        case .connectFailed(let error, _): self = .connectFailed(error)
        case .disconnected(let error?): self = .connectionLost(error)
        // The task waits for the way of its answer; the output on the way there may come or not.
        case .subscribed(let subscription) where subscription.filter == topics.event?.description: return nil
        case .subscribed(let subscription) where subscription.filter == topics.status?.description: return nil
        case .subscribed: self = .subscribed
        // What is not told cannot be noted; the answer is proved by what is known already, or not at all.
        case .subscriptionRefused(let subscription, _) where subscription.filter == topics.status?.description:
            return nil
        case .subscriptionRefused(let subscription, let reason) where subscription.filter == topics.event?.description:
            self = .followingRefused(reason)
        case .subscriptionRefused(_, let reason): self = .subscriptionRefused(reason)
        case .disconnected(nil): self = .disconnected
        case .takeOverSuspected: return nil
        }
    }
}
