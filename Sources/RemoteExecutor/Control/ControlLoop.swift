internal import CSystem
internal import Glibc
internal import Logging
internal import PluginKit

/// The life of the thread "control".
final class ControlLoop {
    private let listener: CInt
    private let bell: CInt
    private let bounds: ControlBounds
    private let pulse: Pulse
    private let logger: Logger
    private let answer: ([UInt8]) -> [UInt8]
    private let clock = ContinuousClock()
    private let began = ContinuousClock.now
    private var throttle = LogThrottle()
    private var connections: [ControlConnection] = []

    init(
        listener: CInt, bell: CInt, bounds: ControlBounds, pulse: Pulse, logger: Logger,
        answer: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) {
        (self.listener, self.bell, self.bounds, self.answer) = (listener, bell, bounds, answer)
        (self.pulse, self.logger) = (pulse, logger)
    }

    deinit {
        for connection in connections { close(connection.descriptor) }
        close(listener)
    }

    /// Serves until the bell rings.
    func run() {
        while true {
            var set = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
            set += connections.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
            // Who finds no place waits in the kernel's queue.
            let isOpen = connections.count < bounds.connections
            if isOpen { set.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0)) }
            pulse.beat()
            poll(&set, nfds_t(set.count), waitingTime())
            pulse.beat(within: Pulse.disk)
            if set[0].revents != 0 { return }
            serve(set[1...].prefix(connections.count).map { $0.revents != 0 })
            if isOpen, set[set.count - 1].revents != 0 { accept() }
        }
    }

    private func waitingTime() -> CInt {
        let next = connections.map { $0.deadline - clock.now }.min() ?? Pulse.longestWait
        let (seconds, attoseconds) = min(max(.zero, next), Pulse.longestWait).components
        return CInt(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    private func serve(_ isReady: [Bool]) {
        let now = clock.now
        var left: [ControlConnection] = []
        for (index, connection) in connections.enumerated() {
            var connection = connection
            var step = ControlConnection.Step.goOn
            if isReady[index] {
                connection.deadline = now + bounds.idle
                step = connection.serve(line: bounds.line, answer: answer)
            } else if connection.deadline <= now {
                step = .close
            }
            if step == .close { close(connection.descriptor) } else { left.append(connection) }
        }
        connections = left
    }

    private func accept() {
        let descriptor = csystem_accept_local(listener)
        guard descriptor >= 0 else { return pauseIfShort(errno) }
        let user = csystem_peer_user(descriptor)
        guard user == 0 || user == Int64(geteuid()) else {
            close(descriptor)
            if let more = throttle.pass(at: clock.now - began) {
                logger.warning(
                    "a user was turned away from the control socket: it is for root and the agent's own",
                    metadata: ["user.id": "\(user)", "more.since.last": "\(more)"])
            }
            return
        }
        connections.append(ControlConnection(descriptor: descriptor, deadline: clock.now + bounds.idle))
    }

    /// Without descriptors the waiting connection would be reported again at once, for ever.
    private func pauseIfShort(_ code: CInt) {
        if code == EMFILE || code == ENFILE || code == ENOMEM { usleep(100_000) }
    }
}
