/// Which subscriptions are wanted, asked for, granted and refused on the present connection.
///
/// A value: it is told what happened and when, and says what to send.
struct SubscriptionLedger {
    private enum State: Equatable {
        case wanted
        case asked(identifier: CInt, at: ContinuousClock.Instant)
        case granted
        case refused(until: ContinuousClock.Instant)
    }

    private struct Entry {
        let subscription: MQTTSubscription
        var state = State.wanted
        var backoff: Backoff
    }

    private var entries: [Entry] = []

    /// A refusal is a matter of the broker's access list: it takes a person a while to change it.
    static let retry = Backoff.Limits(base: .seconds(5), cap: .seconds(60))
    /// A broker that did not answer by then never will.
    static let patience = Duration.seconds(30)

    /// The connection is new: nothing is asked for.
    mutating func restart() { entries = [] }

    /// Sets what is wanted.
    ///
    /// - Returns: Filters to unsubscribe from.
    mutating func want(_ wanted: [MQTTSubscription]) -> [String] {
        let old = entries
        entries = []
        for subscription in wanted where !entries.contains(where: { $0.subscription.filter == subscription.filter }) {
            let known = old.first { $0.subscription == subscription }
            entries.append(known ?? Entry(subscription: subscription, backoff: Backoff(limits: Self.retry)))
        }
        return old.map(\.subscription.filter).filter { filter in
            !entries.contains { $0.subscription.filter == filter }
        }
    }

    /// What is to be asked for now.
    func due(at now: ContinuousClock.Instant) -> [MQTTSubscription] {
        entries.filter { entry in
            switch entry.state {
            case .wanted: true
            case .asked(_, let instant): now - instant >= Self.patience
            case .granted: false
            case .refused(let until): now >= until
            }
        }
        .map(\.subscription)
    }

    mutating func asked(_ subscription: MQTTSubscription, identifier: CInt, at now: ContinuousClock.Instant) {
        guard let index = entries.firstIndex(where: { $0.subscription == subscription }) else { return }
        entries[index].state = .asked(identifier: identifier, at: now)
    }

    /// Notes the broker's answer.
    ///
    /// - Returns: The subscription it was about, nil when it is not wanted any more.
    mutating func answered(
        identifier: CInt, _ reason: MQTTReason, at now: ContinuousClock.Instant
    ) -> MQTTSubscription? {
        let index = entries.firstIndex { entry in
            if case .asked(identifier, _) = entry.state { true } else { false }
        }
        guard let index else { return nil }
        if reason.isFailure {
            // Never sooner than the base: full jitter may answer zero, and a refusal does not change in no time.
            let wait = max(Self.retry.base, entries[index].backoff.next())
            entries[index].state = .refused(until: now + wait)
        } else {
            entries[index].backoff.reset()
            entries[index].state = .granted
        }
        return entries[index].subscription
    }
}
