import Logging

/// The life of the MQTT thread: connects, serves, waits, and begins again, until it is told to stop.
///
/// Every end of a connection, for whatever reason, leads to the next attempt; there is no return code that ends it.
final class Supervisor {
    /// What follows an attempt.
    private enum Pause {
        case none
        case wait(Duration)
        /// Until another order comes.
        case rest
    }

    private let desk: Desk
    private let handlers: MQTTHandlers
    private let logger: Logger
    private var poller: Poller
    private var options: MQTTOptions
    private var choice = ProtocolChoice()
    private var takeOver = TakeOverDetector()
    private var backoff: Backoff
    private var wasConnected = false
    /// How long the system may search for a name: thirty seconds for each name that it makes of ours, one after the other.
    private static let longestSearch = Duration.seconds(300)
    /// How long it waits at most without a sign of life.
    private static let longestWait = Duration.seconds(20)
    /// What is sent at most: less where the broker has shown that it cannot do what it says.
    private var highestQoS = MQTTQoS.exactlyOnce

    init(desk: Desk, handlers: MQTTHandlers, logger: Logger) {
        self.desk = desk
        self.handlers = handlers
        self.logger = logger
        poller = Poller(wake: desk.wakeDescriptor)
        options = desk.options
        backoff = Backoff(limits: desk.options.reconnect)
    }

    /// Runs until there is an order to stop, and what waits is sent or the time is over.
    func run() {
        while !isOver {
            takeUpOptions()
            wait(attempt())
        }
        handlers.onTurn(nil)
        desk.close()
    }

    private var isOver: Bool {
        guard case .stop(let deadline) = desk.order else { return false }
        return desk.hasNothingToSend || .now >= deadline
    }

    private func takeUpOptions() {
        let new = desk.optionsForConnection()
        guard new != options else { return }
        options = new
        choice = ProtocolChoice()
        takeOver = TakeOverDetector()
        backoff = Backoff(limits: new.reconnect)
        wasConnected = false
        highestQoS = .exactlyOnce
    }

    private func attempt() -> Pause {
        handlers.onTurn(Self.longestSearch)
        let dialler = Dialler(options: options, handlers: handlers, desk: desk)
        do throws(MQTTError) {
            return serve(try dialler.dial(choice.version, poller: &poller))
        } catch {
            return failed(error)
        }
    }

    private func serve(_ connection: Connection) -> Pause {
        let start = ContinuousClock.now
        accepted(connection)
        let session = Session(
            connection, desk: desk, handlers: handlers, highestQoS: highestQoS, logger: logger)
        let ending = session.serve(poller: &poller)
        desk.count { $0.isConnected = false }
        switch ending {
        case .stopped, .reconfigured:
            handlers.onEvent(.disconnected(nil))
            return .none
        case .lost(let error):
            return lost(error, lived: .now - start)
        case .misunderstood(let error):
            return misunderstood(error)
        }
    }

    private func accepted(_ connection: Connection) {
        let isSessionPresent = connection.answer?.isSessionPresent ?? false
        choice.accepted()
        wasConnected = true
        desk.count { statistics in
            statistics.isConnected = true
            statistics.connectError = nil
            if statistics.connections > 0 { statistics.reconnects += 1 }
            statistics.connections += 1
        }
        logger.info(
            "Connected to the broker",
            metadata: [
                "mqtt.broker": "\(options.address)", "mqtt.version": "\(connection.version.rawValue)",
                "mqtt.session.present": "\(isSessionPresent)",
            ]
        )
        handlers.onEvent(.connected(sessionPresent: isSessionPresent, version: connection.version))
    }
}

// MARK: - Failures

extension Supervisor {
    private func failed(_ error: MQTTError) -> Pause {
        if error.code == .interrupted { return .none }
        if refusedVersion(error) {
            logger.info("The broker may not speak MQTT 5; trying 3.1.1", metadata: metadata(error))
            return .none
        }
        takeOver.attemptFailed()
        desk.count { statistics in
            statistics.connectFailures += 1
            statistics.connectError = error.description
        }
        if options.isSingleAttempt && !wasConnected {
            handlers.onEvent(.connectFailed(error, retryIn: nil))
            return .rest
        }
        let wait = error.code == .notAuthorized ? backoff.nextSlow() : backoff.next()
        logger.warning("Connecting to the broker failed; trying again", metadata: metadata(error, retryIn: wait))
        handlers.onEvent(.connectFailed(error, retryIn: wait))
        return .wait(wait)
    }

    /// Whether the other version is to be tried at once.
    private func refusedVersion(_ error: MQTTError) -> Bool {
        switch error.code {
        case .protocolVersion: choice.refused(isExplicit: true)
        case .connectionLost, .protocolViolation: choice.refused(isExplicit: false)
        default: false
        }
    }

    private func lost(_ error: MQTTError, lived: Duration) -> Pause {
        handlers.onEvent(.disconnected(error))
        let isOurs = error.code == .messageLeft
        if isOurs { desk.count { $0.left += 1 } }
        // A store that fails will fail again at once: only the loss of a good connection is worth a quick return.
        if !isOurs || lived >= TakeOverDetector.calm { backoff.reset() }
        let wasTold = error.code == .sessionTakenOver
        if !isOurs, takeOver.connectionEnded(at: .now, lived: lived, wasTold: wasTold) { return yield(error) }
        let wait = backoff.next()
        logger.warning(
            "The connection to the broker was lost; connecting again", metadata: metadata(error, retryIn: wait))
        return .wait(wait)
    }

    /// RabbitMQ (3.10) acknowledges QoS 2 as if it were 1; the library takes that for a breach of the protocol, each time.
    private func misunderstood(_ error: MQTTError) -> Pause {
        handlers.onEvent(.disconnected(error))
        highestQoS = .atLeastOnce
        logger.warning(
            "The broker may not speak QoS 2, though it does not say so; sending with QoS 1", metadata: metadata(error))
        return .none
    }

    /// Leaves the field to the other one for a while: fighting on would tear the work of both to pieces.
    private func yield(_ error: MQTTError) -> Pause {
        let wait = TakeOverDetector.calm * .random(in: 1..<2)
        logger.error(
            "Another client seems to use our client identifier; every client needs its own",
            metadata: metadata(error, retryIn: wait)
        )
        handlers.onEvent(.takeOverSuspected(retryIn: wait))
        return .wait(wait)
    }

    private func metadata(_ error: MQTTError, retryIn wait: Duration? = nil) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "mqtt.broker": "\(options.address)", "mqtt.client": "\(options.clientID)", "error": "\(error)",
        ]
        if let wait { metadata["mqtt.retry"] = "\(Int(wait / .milliseconds(1))) ms" }
        return metadata
    }

    /// Waits between attempts; messages meanwhile are no reason to hurry, orders are.
    private func wait(_ pause: Pause) {
        let end: ContinuousClock.Instant?
        switch pause {
        case .none: return
        case .wait(let duration): end = .now + duration
        case .rest: end = nil
        }
        while desk.order != .reconfigure, !isOver {
            var until = end
            if case .stop(let deadline) = desk.order { until = min(end ?? deadline, deadline) }
            if let until, .now >= until { return }
            handlers.onTurn(Session.turn)
            let timeout = min(until.map { $0 - .now } ?? Self.longestWait, Self.longestWait)
            if poller.wait(socket: -1, timeout: timeout).isWoken { desk.clearWake() }
        }
    }
}
