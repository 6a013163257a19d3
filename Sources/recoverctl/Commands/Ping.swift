import AgentControl
import ArgumentParser
import CommandCatalog
import MQTT
import Signatures

/// `recoverctl ping`: a task that is really answered.
struct Ping: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks agents for an answer; that a host is online does not prove that tasks arrive.")

    @Argument(help: "The hosts.")
    var hosts: [String] = []
    @Flag(help: "All hosts of which the broker knows whether they are online.")
    var all = false
    @OptionGroup var format: FormatFlags
    @OptionGroup var broker: BrokerFlags

    func validate() throws {
        if all != hosts.isEmpty { throw ValidationError("expected the names of hosts, or --all") }
    }

    func run() throws {
        let named = try hosts.map { try HostName.read($0, of: "the host") }
        let settings = try broker.settings()
        let subscriptions =
            try all
            ? Fleet.subscriptions(root: settings.root) + [MQTTSubscription("\(settings.root)/+/result")]
            : Set(named).map { MQTTSubscription(try HostTopics.under(settings.root, $0).result.description) }
        let session = try BrokerSession(settings, hearing: subscriptions)
        defer { session.leave() }
        let targets = all ? try known(session, settings) : named
        try PingRound(session, settings).run(targets).report.finish(format.format)
    }

    private func known(_ session: BrokerSession, _ settings: BrokerSettings) throws(Failure) -> [HostIdentity] {
        var fleet = Fleet(root: settings.root)
        _ = try session.collectRetained { fleet.take($0) }
        guard !fleet.hosts.isEmpty else { throw Failure(.noTarget, "the broker knows no host below \(settings.root)") }
        return Array(fleet.hosts.keys)
    }
}

/// Asks several hosts at once.
struct PingRound {
    private let session: BrokerSession
    private let settings: BrokerSettings

    init(_ session: BrokerSession, _ settings: BrokerSettings) {
        (self.session, self.settings) = (session, settings)
    }

    /// Asks, and waits for the answers as long as there is time.
    func run(_ hosts: [HostIdentity]) throws(Failure) -> PingBook {
        var book = PingBook(hosts)
        var sent: [Int: HostIdentity] = [:]
        var asked: [String: (host: HostIdentity, at: ContinuousClock.Instant)] = [:]
        var questions: [HostIdentity: Question] = [:]
        let known = try settings.knownHosts()
        for host in book.states.keys {
            let topics = try HostTopics.under(settings.root, host)
            let question = Question(
                AgentTask("ping"), to: host, validFor: settings.timeout, by: settings.signer,
                knowing: known.keys[host])
            questions[host] = question
            asked[topics.result.description] = (host, .now)
            let message = OutgoingMessage(topic: topics.command.description, payload: question.payload)
            sent[session.publish(message)] = host
        }
        while !book.isComplete, case let events = try session.next(), !events.isEmpty {
            let now = ContinuousClock.now
            for event in events {
                switch event {
                case .message(let message):
                    guard let (host, at) = asked[message.topic], let reply = questions[host]?.answer(message) else {
                        continue
                    }
                    let isWell = reply.code == .success
                    book.note(isWell ? .answered(now - at) : .failed(reply.code, reply.message), of: host)
                case .published(let number, let outcome):
                    if let host = sent[number], let state = PingBook.State(outcome) { book.note(state, of: host) }
                case .connection: continue
                }
            }
            // Nobody keeps us here with answers that are ignored.
            if session.isOver { break }
        }
        for (host, question) in questions where question.wasAnsweredByOthers { book.noteOthers(answeringFor: host) }
        return book
    }
}

extension PingBook.State {
    /// What the broker's answer to the question means, if it means something.
    fileprivate init?(_ outcome: PublishOutcome) {
        switch outcome {
        case .acknowledged(.noMatchingSubscribers): self = .noSubscriber
        case .acknowledged(let reason) where reason.isFailure: self = .denied("the broker refused: \(reason)")
        case .refused(let error): self = .denied("\(error)")
        case .dropped: self = .denied("too many hosts at once")
        case .acknowledged, .sent, .abandoned: return nil
        }
    }
}
