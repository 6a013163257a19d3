import Logging

/// Serves one accepted connection until it ends, in turns: read, commit, send, write, wait.
final class Session {
    /// Why it ended.
    enum Ending {
        case stopped
        case reconfigured
        case lost(MQTTError)
        /// Like ``lost(_:)``, and what broke the protocol may be the broker's answer to a message of QoS 2.
        case misunderstood(MQTTError)
    }

    private let connection: Connection
    private let desk: Desk
    private let handlers: MQTTHandlers
    private let logger: Logger
    private let highestQoS: MQTTQoS
    private var inFlight = InFlight()
    private var ledger = SubscriptionLedger()
    private var lastKeepAlive = ContinuousClock.now

    /// The library counts whole seconds; asking it more seldom would find a dead broker later than twice the keepalive.
    private static let tick = Duration.seconds(1)
    /// How long a turn may take on a machine that does hardly anything else any more.
    static let turn = Duration.seconds(30)

    /// Begins with an accepted connection.
    ///
    /// - Parameters:
    ///   - connection: The connection.
    ///   - desk: What is to be sent.
    ///   - handlers: Told what comes.
    ///   - highestQoS: What is sent at most, whatever was asked for.
    ///   - logger: For what goes wrong.
    init(
        _ connection: Connection, desk: Desk, handlers: MQTTHandlers, highestQoS: MQTTQoS, logger: Logger
    ) {
        self.connection = connection
        self.highestQoS = highestQoS
        self.desk = desk
        self.handlers = handlers
        self.logger = logger
    }

    /// Serves; afterwards all that the broker did not acknowledge waits at the desk again.
    func serve(poller: inout Poller) -> Ending {
        desk.startConnection()
        defer { handBack() }
        do throws(MQTTError) {
            // What came with the CONNACK is delivered, but its acknowledgements are not counted yet.
            settle()
            while true {
                if let ending = try takeTurn(&poller) { return ending }
            }
        } catch {
            settle()
            let isOfQoS2 = error.code == .protocolViolation && inFlight.hasExactlyOnce && highestQoS == .exactlyOnce
            return isOfQoS2 ? .misunderstood(error) : .lost(error)
        }
    }

    private func takeTurn(_ poller: inout Poller) throws(MQTTError) -> Ending? {
        handlers.onTurn(Self.turn)
        let work = desk.collect(room: inFlight.room)
        if let ending = end(for: work) {
            desk.putBack(work.posted)
            connection.disconnect(poller: &poller)
            return ending
        }
        send(work)
        try connection.write()
        settle()
        try keepAlive()
        try wait(&poller, order: work.order)
        settle()
        return nil
    }

    /// Whether it is time to end: a stop waits until all is sent and answered, or its time has come.
    private func end(for work: Desk.Work) -> Ending? {
        switch work.order {
        case .run: return nil
        case .reconfigure: return .reconfigured
        case .stop(let deadline):
            let isDone = inFlight.isEmpty && work.isEmpty && desk.hasNothingToSend
            return isDone || .now >= deadline ? .stopped : nil
        }
    }

    private func wait(_ poller: inout Poller, order: Desk.Order) throws(MQTTError) {
        // Written QoS 0 messages made room, and what waits for it signals nobody.
        let isBusy = !connection.isDrained || (inFlight.room > 0 && !desk.hasNothingToSend)
        var timeout = isBusy ? Duration.zero : Self.tick
        if case .stop(let deadline) = order { timeout = min(timeout, deadline - .now) }
        let ready = poller.wait(
            socket: connection.socket, wantsWrite: connection.wantsWrite, timeout: timeout
        )
        if ready.isReadable || !connection.isDrained { try connection.read() }
    }

    private func keepAlive() throws(MQTTError) {
        guard .now - lastKeepAlive >= Self.tick else { return }
        lastKeepAlive = .now
        try connection.keepAlive()
        subscribe()
        try connection.write()
    }
}

// MARK: - Sending

extension Session {
    private func send(_ work: Desk.Work) {
        if let wanted = work.subscriptions {
            for filter in ledger.want(wanted) { connection.unsubscribe(filter) }
            subscribe()
        }
        for announcement in work.announcements { send(announcement) }
        for posted in work.posted { send(posted) }
    }

    private func subscribe() {
        for subscription in ledger.due(at: .now) {
            do throws(MQTTError) {
                ledger.asked(subscription, identifier: try connection.subscribe(subscription), at: .now)
            } catch {
                // Asked again with the patience of the ledger; only another configuration mends it.
                ledger.asked(subscription, identifier: 0, at: .now)
                logger.error(
                    "A subscription cannot be asked for",
                    metadata: ["mqtt.filter": "\(subscription.filter)", "error": "\(error)"]
                )
            }
        }
    }

    private func send(_ announcement: OutgoingMessage) {
        do throws(MQTTError) {
            inFlight.addAnnouncement(identifier: try connection.publish(announcement, highestQoS))
            desk.count { $0.published += 1 }
        } catch {
            refuse(announcement, error)
        }
    }

    private func send(_ posted: Posted) {
        do throws(MQTTError) {
            inFlight.add(posted, identifier: try connection.publish(posted.message, highestQoS))
            desk.count { $0.published += 1 }
        } catch {
            desk.finish(posted.message)
            refuse(posted.message, error)
            posted.completion?(.refused(error))
        }
    }

    private func refuse(_ message: OutgoingMessage, _ error: MQTTError) {
        desk.count { $0.refused += 1 }
        logger.error(
            "A message cannot be sent", metadata: ["mqtt.topic": "\(message.topic)", "error": "\(error)"]
        )
    }
}

// MARK: - Answers

extension Session {
    /// Does what the callbacks noted, now that the library holds none of its locks.
    private func settle() {
        countReceived()
        for (identifier, reason) in connection.takeAcknowledgements() { acknowledged(identifier, reason) }
        for (identifier, reason) in connection.takeGrants() { granted(identifier, reason) }
    }

    private func countReceived() {
        guard connection.receivedCount > 0 else { return }
        desk.count { statistics in
            statistics.received += connection.receivedCount
            statistics.receivedRetained += connection.retainedCount
        }
        connection.receivedCount = 0
        connection.retainedCount = 0
    }

    private func acknowledged(_ identifier: CInt, _ reason: MQTTReason) {
        guard let posted = inFlight.finish(identifier: identifier) else { return }
        desk.finish(posted.message)
        if posted.message.qos == .atMostOnce {
            posted.completion?(.sent)
        } else {
            desk.count { $0.acknowledged += 1 }
            posted.completion?(.acknowledged(reason))
        }
    }

    private func granted(_ identifier: CInt, _ reason: MQTTReason) {
        guard let subscription = ledger.answered(identifier: identifier, reason, at: .now) else { return }
        guard reason.isFailure else {
            handlers.onEvent(.subscribed(subscription))
            return
        }
        desk.count { $0.subscriptionsRefused += 1 }
        logger.error(
            "The broker refused a subscription; it will be asked for again",
            metadata: ["mqtt.filter": "\(subscription.filter)", "mqtt.reason": "\(reason)"]
        )
        handlers.onEvent(.subscriptionRefused(subscription, reason))
    }

    private func handBack() {
        desk.putBack(inFlight.takeAll())
    }
}
