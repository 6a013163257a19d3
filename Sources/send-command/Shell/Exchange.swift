import CommandCatalog
import JSON
import Logging
import MQTT

/// One conversation over a real broker: carries events to ``Conversation`` and does what it says.
struct Exchange {
    let settings: Settings
    let sender: Sender
    let report: Report
    let signals: Signals

    /// The largest result: 1 MiB of output, of which JSON writes every byte as up to six, and room for the rest.
    private static let largestResult = 8 << 20

    /// A broker that does not even take a goodbye of two bytes is not worth a longer wait.
    private static let patience = Duration.seconds(2)

    /// Talks until the conversation ends, and says goodbye.
    ///
    /// Blocks its thread, which is the program's own: there is nothing else to do meanwhile.
    func run() -> Ending {
        let inbox = Inbox()
        signals.report { inbox.post(.signal($0)) }
        var conversation = Conversation(awaitsAnswer: settings.topics.result != nil)
        let ending = converse(&conversation, inbox: inbox, until: .now + settings.timeout)
        if conversation.isConnected { awaitGoodbye(inbox) }
        return ending
    }

    /// Talks.
    ///
    /// The client lives as long as this runs: letting it go makes it leave the broker in order.
    private func converse(
        _ conversation: inout Conversation, inbox: Inbox, until deadline: ContinuousClock.Instant
    ) -> Ending {
        let logger = Logger(label: "send-command") { _ in SwiftLogNoOpLogHandler() }
        let client = MQTTClient(options, logger: logger, handlers: handlers(inbox))
        if let topic = settings.topics.result {
            client.subscribe(to: [MQTTSubscription(topic.description, qos: .atLeastOnce)])
        }
        client.start()
        while true {
            for event in inbox.next(until: deadline) {
                for action in conversation.handle(event) {
                    if let ending = perform(action, client, inbox) { return ending }
                }
            }
        }
    }

    /// Waits until the goodbye is written: the process must not end before.
    ///
    /// Not `MQTTClient.stop`, which is asynchronous: Swift's pool of threads alone would start for half a millisecond.
    private func awaitGoodbye(_ inbox: Inbox) {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            for event in inbox.next(until: deadline) {
                switch event {
                case .disconnected, .connectionLost, .timeIsUp: return
                default: continue
                }
            }
        }
    }

    private func perform(_ action: Conversation.Action, _ client: MQTTClient, _ inbox: Inbox) -> Ending? {
        switch action {
        case .send:
            guard signals.released({ StandardStreams.print(report.opening) }) else { return .outputClosed }
            let message = OutgoingMessage(
                topic: settings.topics.command.description, payload: report.task.json.bytes, qos: settings.qos
            )
            client.publish(message) { inbox.post(.published($0)) }
            return nil
        case .note(let note):
            if let text = report.text(note) { signals.released { StandardStreams.complain(text) } }
            return nil
        case .end(let ending): return ending
        }
    }

    private func handlers(_ inbox: Inbox) -> MQTTHandlers {
        let (topic, taskID) = (settings.topics.result?.description, sender.taskID)
        return MQTTHandlers(
            onMessage: { message in
                if message.topic == topic, let answer = Answer(message, to: taskID) { inbox.post(.answered(answer)) }
                return .take
            },
            onEvent: { event in
                if let event = Conversation.Event(event) { inbox.post(event) }
            }
        )
    }

    private var options: MQTTOptions {
        var options = MQTTOptions(address: settings.broker, clientID: sender.clientID)
        options.username = settings.user
        options.password = settings.password
        options.tls = settings.tls
        options.isCleanSession = true
        options.sessionExpiry = .zero
        options.maximumPacketSize = Self.largestResult
        // A person waits: one who starts the broker and the command together shall not wait for a minute.
        options.reconnect = Backoff.Limits(base: .milliseconds(250), cap: .seconds(2))
        return options
    }
}

extension Conversation.Event {
    /// What an event of the connection means for us, if anything.
    fileprivate init?(_ event: MQTTEvent) {
        switch event {
        case .connected: self = .connected
        case .connectFailed(let error, _): self = .connectFailed(error)
        case .disconnected(let error?): self = .connectionLost(error)
        case .subscribed: self = .subscribed
        case .subscriptionRefused(_, let reason): self = .subscriptionRefused(reason)
        case .disconnected(nil): self = .disconnected
        case .takeOverSuspected: return nil
        }
    }
}
