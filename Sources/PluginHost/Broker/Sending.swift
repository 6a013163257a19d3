import MQTT
import PluginKit
import Synchronization

/// One message on its way through one or several brokers, until it is known what became of it.
final class Sending: Sendable {
    private struct State {
        /// The brokers that it was given to.
        var tried: Set<String> = []
        /// How many of them did not answer yet.
        var pending = 0
        var wasAbandoned = false
        var isTold = false

        mutating func step(after outcome: PublishOutcome) -> Step {
            pending -= 1
            if outcome == .abandoned { wasAbandoned = true }
            guard !isTold else { return .wait }
            if outcome.isSuccess {
                isTold = true
                return .tell(true)
            }
            guard pending == 0 else { return .wait }
            // A broker that was taken out of the configuration had it: the others are as good.
            if wasAbandoned {
                wasAbandoned = false
                return .goOn(tried: tried)
            }
            isTold = true
            return .tell(false)
        }
    }

    /// What follows an answer.
    private enum Step {
        case wait
        case tell(Bool)
        case goOn(tried: Set<String>)
    }

    private let message: OutgoingMessage
    private let completion: (@Sendable (Bool) -> Void)?
    private let others: @Sendable (_ tried: Set<String>) -> [BrokerLink]
    private let state = Mutex(State())

    /// A message that goes nowhere yet.
    ///
    /// - Parameters:
    ///   - message: What to send.
    ///   - others: The brokers to go on with when those it was given to are gone.
    ///   - completion: Told once whether one of them has it.
    init(
        _ message: OutgoingMessage, others: @escaping @Sendable (_ tried: Set<String>) -> [BrokerLink],
        completion: (@Sendable (Bool) -> Void)?
    ) {
        self.message = message
        self.others = others
        self.completion = completion
    }

    /// Gives it to brokers.
    func send(through links: [BrokerLink]) {
        state.withLock { state in
            state.tried.formUnion(links.map(\.name))
            state.pending += links.count
            if links.isEmpty { state.isTold = true }
        }
        if links.isEmpty { completion?(false) }
        for link in links { link.client.publish(message) { self.note($0) } }
    }

    private func note(_ outcome: PublishOutcome) {
        switch state.withLock({ $0.step(after: outcome) }) {
        case .wait: break
        case .tell(let isSuccess): completion?(isSuccess)
        case .goOn(let tried): send(through: others(tried))
        }
    }
}
