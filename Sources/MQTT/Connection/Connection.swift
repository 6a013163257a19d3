import CMosquitto
import Certificates
import Glibc

/// One connection: the only owner of a libmosquitto object, on the MQTT thread only.
///
/// An object is never used for a second connection: what the library remembers of unfinished QoS 2 handshakes makes it
/// deliver old messages in place of new ones after a reconnect. The library calls back only inside ``open(to:)``,
/// ``read()`` and ``write()``; its callbacks note here what happened, and whoever called looks afterwards. So nothing
/// of ours runs while the library holds its locks, but for the two handlers that must.
final class Connection {
    /// The answer of the broker to our wish to connect.
    struct Answer {
        let code: CInt
        let isSessionPresent: Bool
    }

    let options: MQTTOptions
    let version: MQTTVersion
    let handlers: MQTTHandlers
    let handle: OpaquePointer

    /// Noted by callbacks, taken by the session.
    var answer: Answer?
    var acknowledgements: [(identifier: CInt, reason: MQTTReason)] = []
    var grants: [(identifier: CInt, reason: MQTTReason)] = []
    var receivedCount = 0
    var retainedCount = 0
    /// The last complaint of the library, which says more than its return codes.
    var complaint: String?
    var endReason: CInt?
    /// Whether a message was left: from then on nothing is delivered and nothing is written.
    var isLeft = false
    /// Whether messages were delivered since the last commit.
    var hasUncommitted = false

    /// Whether the last ``read()`` took all that was there; if not, poll must not be waited for.
    private(set) var isDrained = true

    /// Immediate acknowledgements of TCP: enough for every conversation, too few for a flood.
    private var quickAcknowledgements = Allowance(burst: 100, perSecond: 1000)

    /// Reads of the socket in one turn: acknowledgements must not wait for a sender that never pauses.
    private static let maximumReads = 64

    init(options: MQTTOptions, version: MQTTVersion, handlers: MQTTHandlers) throws(MQTTError) {
        guard Library.isReady, let handle = mosquitto_new(options.clientID, options.isCleanSession, nil) else {
            throw MQTTError(.system, call: "mosquitto_new", text: SystemError.text(errno), address: options.address)
        }
        self.options = options
        self.version = version
        self.handlers = handlers
        self.handle = handle
        // Unretained: callbacks come only while the handle lives, and it ends with us.
        mosquitto_user_data_set(handle, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        // Closes the socket without a word, so that the last will holds unless disconnect() was called before.
        mosquitto_destroy(handle)
    }

    /// The socket, -1 when it is closed.
    var socket: CInt { mosquitto_socket(handle) }

    /// Whether the library has something to write.
    var wantsWrite: Bool { mosquitto_want_write(handle) }

    /// Reads what is there, delivers it, and has it committed.
    ///
    /// Writes nothing.
    func read() throws(MQTTError) {
        let failure = readPackets()
        acknowledgeTCP()
        if hasUncommitted {
            hasUncommitted = false
            if handlers.onBatch() == .leave { leave() }
        }
        if isLeft {
            throw MQTTError(.messageLeft, call: "onMessage", text: "a message was left", address: options.address)
        }
        if let failure { throw failure }
    }

    private func readPackets() -> MQTTError? {
        isDrained = false
        for _ in 0..<Self.maximumReads {
            let result = cmosquitto_read(handle)
            if result.code != MOSQ_ERR_SUCCESS.code || socket < 0 {
                return failure(result, call: "mosquitto_loop_read")
            }
            if isLeft { return nil }
            if result.error == EAGAIN {
                isDrained = !hasBufferedInput
                return nil
            }
        }
        return nil
    }

    /// Has the kernel acknowledge at once what was read.
    ///
    /// A broker with Nagle's algorithm on, as mosquitto is by default, holds its next packet back until then, and the
    /// kernel would take its time: 40 ms. It forgets the wish, so it is repeated; but in a flood the next packets are
    /// on their way already, and asking would only cost.
    private func acknowledgeTCP() {
        guard quickAcknowledgements.take(at: .now) else { return }
        var one: CInt = 1
        setsockopt(socket, CInt(IPPROTO_TCP), TCP_QUICKACK, &one, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Whether TLS decrypted more than was taken from it: poll cannot see that.
    private var hasBufferedInput: Bool {
        guard let tls = mosquitto_ssl_get(handle) else { return false }
        return TLSInput.isWaiting(in: tls)
    }

    /// Writes what the library has, as far as the socket takes it.
    ///
    /// Acknowledgements leave here and nowhere else.
    func write() throws(MQTTError) {
        while wantsWrite {
            let result = cmosquitto_write(handle)
            if result.code != MOSQ_ERR_SUCCESS.code || socket < 0 {
                throw failure(result, call: "mosquitto_loop_write")
            }
            if result.error == EAGAIN { return }
        }
    }

    /// Takes what the broker acknowledged since the last look.
    func takeAcknowledgements() -> [(identifier: CInt, reason: MQTTReason)] {
        defer { acknowledgements.removeAll(keepingCapacity: true) }
        return acknowledgements
    }

    /// Takes the broker's answers to subscriptions since the last look.
    func takeGrants() -> [(identifier: CInt, reason: MQTTReason)] {
        defer { grants.removeAll() }
        return grants
    }

    /// Asks the broker whether it lives when the time has come, and finds that it does not.
    func keepAlive() throws(MQTTError) {
        let code = mosquitto_loop_misc(handle)
        guard code != MOSQ_ERR_SUCCESS.code || socket < 0 else { return }
        throw failure(cmosquitto_result(code: code, error: errno), call: "mosquitto_loop_misc")
    }

    /// Leaves what is not acknowledged with the broker: nothing can be written any more.
    func leave() {
        isLeft = true
        shutdown(socket, CInt(SHUT_RDWR))
    }

    /// Says goodbye, so that the broker does not publish the last will.
    func disconnect(poller: inout Poller) {
        guard mosquitto_disconnect_v5(handle, 0, nil) == MOSQ_ERR_SUCCESS.code else { return }
        let deadline = ContinuousClock.now + .seconds(1)
        // The library closes the socket when the farewell is written; until then a full socket is waited for.
        while socket >= 0, (try? write()) != nil, socket >= 0, wantsWrite, .now < deadline {
            _ = poller.wait(socket: socket, wantsWrite: true, timeout: .milliseconds(50))
        }
    }
}
