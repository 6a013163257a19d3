/// Makes a connection: probe, TCP, TLS, CONNECT, and the wait for the broker's answer, each with an end.
struct Dialler {
    let options: MQTTOptions
    let handlers: MQTTHandlers
    let desk: Desk

    /// A broker that is alive answers CONNECT within milliseconds; one that is starved, within this.
    static let patience = Duration.seconds(10)
    /// While TLS shakes hands, the library does not show whether it waits for reading or writing.
    private static let pace = Duration.milliseconds(100)

    /// Connects.
    ///
    /// - Throws: ``MQTTError/Code/interrupted`` when it was stopped meanwhile; else why it failed.
    func dial(_ version: MQTTVersion, poller: inout Poller) throws(MQTTError) -> Connection {
        let host = try reachableHost(&poller)
        let connection = try Connection(options: options, version: version, handlers: handlers)
        try connection.open(to: host)
        try connection.write()
        try awaitAnswer(connection, poller: &poller)
        connection.stopListeningToLog()
        return connection
    }

    /// Where to connect.
    ///
    /// With TLS it is the name, which the certificate is compared with.
    private func reachableHost(_ poller: inout Poller) throws(MQTTError) -> String {
        let host = options.address.host
        // On the own host the kernel answers at once, yes or no.
        if NumericAddress.isLoopback(host) { return host }
        let probe = Probe(address: options.address, deadline: .now + Probe.patience) { [self] in shouldGiveUp }
        let number = try probe.run(poller: &poller)
        return options.address.isTLS ? host : number
    }

    private func awaitAnswer(_ connection: Connection, poller: inout Poller) throws(MQTTError) {
        let deadline = ContinuousClock.now + Self.patience
        while connection.answer == nil {
            guard .now < deadline else { throw failure(.timedOut, "the broker did not answer CONNECT") }
            handlers.onTurn(Session.turn)
            let ready = poller.wait(socket: connection.socket, timeout: min(Self.pace, deadline - .now))
            if ready.isWoken {
                if shouldGiveUp { throw failure(.interrupted, "stopped") }
                desk.clearWake()
            }
            do throws(MQTTError) {
                try connection.read()
                if connection.answer == nil, ready.isHungUp {
                    throw failure(.connectionLost, "the broker hung up before it answered CONNECT")
                }
                try connection.write()
            } catch {
                // Accepted and lost in one breath is an accepted connection; its session finds the loss again.
                guard connection.answer?.code == 0 else { throw error }
            }
        }
    }

    /// Whether there is an order that makes this connection pointless.
    private var shouldGiveUp: Bool {
        switch desk.order {
        case .run: false
        case .reconfigure: true
        case .stop(let deadline): desk.hasNothingToSend || .now >= deadline
        }
    }

    private func failure(_ code: MQTTError.Code, _ text: String) -> MQTTError {
        MQTTError(code, call: "CONNECT", text: text, address: options.address)
    }
}

extension MQTTError.Code {
    /// We were told to do something else; never shown to anyone.
    static let interrupted = Self(rawValue: "interrupted")
}
