import Glibc

/// The thread of a ``FaultProxy``.
struct ProxyLoop: ~Copyable {
    /// One direction of a connection.
    private struct Flow {
        let source: CInt
        let target: CInt
        let isToClient: Bool
        /// What was read, and when it may go on.
        var pieces: [(due: ContinuousClock.Instant, bytes: ArraySlice<UInt8>)] = []
        var isEnded = false

        /// More than this is not read ahead.
        static let most = 65_536
        var waiting: Int { pieces.reduce(0) { $0 + $1.bytes.count } }
    }

    private let listener: CInt
    private let target: Int
    private let desk: ProxyDesk
    private var flows: [Flow] = []
    private var random = SeededGenerator(seed: 1)

    init(listener: CInt, target: Int, desk: ProxyDesk) {
        self.listener = listener
        self.target = target
        self.desk = desk
    }

    deinit {
        for flow in flows where flow.isToClient { Self.closeBoth(flow) }
        close(listener)
    }

    /// Carries bytes until its users have gone.
    mutating func run() {
        while true {
            let state = desk.look { $0 }
            if state.isOver { return }
            if state.isCut { cutAll() }
            wait(state.behaviour)
            accept(state.behaviour)
            guard state.behaviour != .blackHole else { continue }
            for index in flows.indices { read(index, state.behaviour) }
            var cut: Set<CInt> = []
            for index in flows.indices where write(index, state.behaviour) { cut.insert(flows[index].source) }
            remove(cut)
        }
    }

    /// Waits for bytes, but never long: what users want is seen soon, and what is late goes on in time.
    private func wait(_ behaviour: FaultProxy.Behaviour) {
        let isIdle = flows.allSatisfy { $0.pieces.isEmpty }
        var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
        if behaviour != .blackHole {
            polled += flows.filter { !$0.isEnded && $0.waiting < Flow.most }
                .map { pollfd(fd: $0.source, events: Int16(POLLIN), revents: 0) }
        }
        poll(&polled, nfds_t(polled.count), isIdle ? 10 : 1)
    }

    private mutating func accept(_ behaviour: FaultProxy.Behaviour) {
        var polled = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard behaviour != .blackHole, poll(&polled, 1, 0) > 0 else { return }
        let client = Glibc.accept(listener, nil, nil)
        guard client >= 0 else { return }
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        guard let server = try? LoopbackPort.connection(to: target) else {
            close(client)
            return
        }
        flows.append(Flow(source: server, target: client, isToClient: true))
        flows.append(Flow(source: client, target: server, isToClient: false))
    }

    private mutating func read(_ index: Int, _ behaviour: FaultProxy.Behaviour) {
        guard !flows[index].isEnded, flows[index].waiting < Flow.most else { return }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = recv(flows[index].source, &buffer, buffer.count, CInt(MSG_DONTWAIT))
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
        guard count > 0 else {
            flows[index].isEnded = true
            return
        }
        var due = ContinuousClock.now
        if case .late(let delay, let oneIn) = behaviour { due += random.happens(onceIn: oneIn) ? delay * 3 : delay }
        // Nothing overtakes.
        if let last = flows[index].pieces.last { due = max(due, last.due) }
        flows[index].pieces.append((due, buffer[..<count]))
    }

    /// Sends what is due.
    ///
    /// - Returns: Whether the connection is over.
    private mutating func write(_ index: Int, _ behaviour: FaultProxy.Behaviour) -> Bool {
        while let piece = flows[index].pieces.first, piece.due <= .now {
            var bytes = piece.bytes
            if case .slow = behaviour { bytes = bytes.prefix(1) }
            let (allowed, isCut) = desk.allowed(bytes.count, isToClient: flows[index].isToClient)
            let count = bytes.prefix(allowed).withUnsafeBytes {
                send(flows[index].target, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count < 0 && (errno == EAGAIN || errno == EINTR) { return false }
            if count < 0 || isCut { return true }
            flows[index].pieces[0].bytes = piece.bytes.dropFirst(count)
            if flows[index].pieces[0].bytes.isEmpty { flows[index].pieces.removeFirst() }
            if case .slow(let delay) = behaviour {
                for later in flows[index].pieces.indices { flows[index].pieces[later].due = .now + delay }
            }
        }
        return flows[index].isEnded && flows[index].pieces.isEmpty
    }

    private mutating func cutAll() {
        remove(Set(flows.map(\.source)))
        desk.change { $0.isCut = false }
    }

    /// Closes the connections that one of these sockets belongs to.
    private mutating func remove(_ sockets: Set<CInt>) {
        guard !sockets.isEmpty else { return }
        let over = flows.filter { sockets.contains($0.source) || sockets.contains($0.target) }
        for flow in over where flow.isToClient { Self.closeBoth(flow) }
        flows.removeAll { sockets.contains($0.source) || sockets.contains($0.target) }
    }

    private static func closeBoth(_ flow: Flow) {
        for socket in [flow.source, flow.target] {
            // A program that was started in the moment before it became close-on-exec may still hold it.
            shutdown(socket, CInt(SHUT_RDWR))
            close(socket)
        }
    }
}

extension ProxyDesk {
    /// How many of these bytes may pass before the cut, and whether it is made then.
    func allowed(_ count: Int, isToClient: Bool) -> (count: Int, isCut: Bool) {
        guard isToClient else { return (count, false) }
        var result = (count, false)
        change { state in
            if let left = state.bytesUntilCut {
                result = (min(count, left), left <= count)
                state.bytesUntilCut = left <= count ? nil : left - count
            }
            state.bytesToClients += result.0
        }
        return result
    }
}
