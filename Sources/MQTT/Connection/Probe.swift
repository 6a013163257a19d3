import Glibc

/// Finds out whether somebody answers at an address, with a deadline: the library's own connect would block for as
/// long as the kernel keeps trying.
struct Probe {
    let address: BrokerAddress
    let deadline: ContinuousClock.Instant
    /// Whether to give up, asked now and then.
    let isCancelled: () -> Bool

    /// For this long, DNS apart, somebody must have answered.
    static let patience = Duration.seconds(5)

    /// Asks DNS and knocks.
    ///
    /// - Returns: The address that answered, as a number.
    func run(poller: inout Poller) throws(MQTTError) -> String {
        var list: UnsafeMutablePointer<addrinfo>?
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        let code = getaddrinfo(address.host, String(address.port), &hints, &list)
        guard code == 0, let first = list else {
            let text = code == EAI_SYSTEM ? SystemError.text(errno) : String(cString: gai_strerror(code))
            throw MQTTError(.hostNotFound, call: "getaddrinfo", text: text, address: address)
        }
        defer { freeaddrinfo(first) }
        var error = ETIMEDOUT
        for entry in sequence(first: first, next: { $0.pointee.ai_next }) {
            error = knock(entry.pointee, poller: &poller)
            if error == 0 { return Self.text(entry.pointee) ?? address.host }
            if error == ECANCELED { throw MQTTError(.interrupted, call: "connect", text: "stopped", address: address) }
        }
        let code2: MQTTError.Code = error == ETIMEDOUT ? .timedOut : .unreachable
        throw MQTTError(code2, call: "connect", text: SystemError.text(error), address: address)
    }

    /// Connects and hangs up.
    ///
    /// - Returns: errno, 0 when somebody answered.
    private func knock(_ entry: addrinfo, poller: inout Poller) -> CInt {
        let flags = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(entry.ai_family, flags, 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        if connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 { return 0 }
        guard errno == EINPROGRESS else { return errno }
        while .now < deadline {
            // Short enough to notice a stop: the wake-up itself stays set when it is only for a message.
            let ready = poller.wait(
                socket: descriptor, wantsWrite: true, timeout: min(.milliseconds(200), deadline - .now)
            )
            if isCancelled() { return ECANCELED }
            if ready.isWritable || ready.isHungUp { return Self.pendingError(descriptor) }
        }
        return ETIMEDOUT
    }

    private static func pendingError(_ descriptor: CInt) -> CInt {
        var (error, size): (CInt, socklen_t) = (0, socklen_t(MemoryLayout<CInt>.size))
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 else { return errno }
        return error
    }

    private static func text(_ entry: addrinfo) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let code = getnameinfo(
                entry.ai_addr, entry.ai_addrlen, base, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST
            )
            return code == 0 ? String(cString: base) : nil
        }
    }
}
