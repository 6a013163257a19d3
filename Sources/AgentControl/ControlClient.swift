internal import CSystem
internal import CommandCatalog
internal import Glibc
internal import JSON

/// The other end of an agent's control socket.
public struct ControlClient: Sendable {
    private let path: String
    /// A local agent answers at once, even a busy one.
    private static let patience = Duration.seconds(10)
    /// The largest answer: a story of tasks, each with 1 MiB of output that JSON writes as up to six.
    private static let largestAnswer = 64 << 20

    /// That of the agent with this state directory.
    public init(directory: String) { path = "\(directory)/control.sock" }

    /// Asks, and waits for the answer.
    ///
    /// - Throws: Why there is none.
    public func ask(_ task: AgentTask) throws(ControlFailure) -> AgentReply {
        let deadline = ContinuousClock.now + Self.patience
        let descriptor = try connect(until: deadline)
        defer { close(descriptor) }
        try send(
            task.message(validFor: Self.patience).json.bytes + [UInt8(ascii: "\n")], to: descriptor, until: deadline)
        let line = try answer(of: descriptor, until: deadline)
        guard let reply = AgentReply(line, to: task.id) else {
            throw ControlFailure(.noAnswer, "\(path): the agent answered what this program cannot read")
        }
        return reply
    }

    private func connect(until deadline: ContinuousClock.Instant) throws(ControlFailure) -> CInt {
        while true {
            let descriptor = csystem_connect_local(path)
            if descriptor >= 0 { return descriptor }
            let code = errno
            // Its queue is full of others for a moment.
            if code == EAGAIN, .now < deadline {
                usleep(20_000)
                continue
            }
            throw failure(code)
        }
    }

    private func failure(_ code: CInt) -> ControlFailure {
        let text = String(cString: strerror(code))
        switch code {
        case ENOENT, ECONNREFUSED, ENOTDIR:
            return ControlFailure(
                .noAnswer, "no agent answers at \(path): \(text); name its state directory with --state")
        case EACCES, EPERM:
            return ControlFailure(.refused, "\(path): \(text); it is for root and the agent's own user")
        case ENAMETOOLONG: return ControlFailure(.unusable, "\(path) is too long for a socket")
        default: return ControlFailure(.noAnswer, "\(path): \(text)")
        }
    }

    private func send(
        _ bytes: [UInt8], to descriptor: CInt, until deadline: ContinuousClock.Instant
    ) throws(ControlFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try wait(POLLOUT, descriptor, deadline)
            } else if errno == EPIPE || errno == ECONNRESET {
                // What it said before it closed may still be there.
                return
            } else if errno != EINTR {
                throw failure(errno)
            }
        }
    }

    private func answer(of descriptor: CInt, until deadline: ContinuousClock.Instant) throws(ControlFailure) -> [UInt8]
    {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= Self.largestAnswer {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 {
                bytes += buffer.prefix(count)
                if bytes.last == UInt8(ascii: "\n") { return bytes.dropLast() }
            } else if count < 0, errno == EAGAIN {
                try wait(POLLIN, descriptor, deadline)
            } else if count == 0 || errno == ECONNRESET {
                throw ControlFailure(
                    .refused, "\(path): the agent closed the connection; it answers only root and its own user")
            } else if errno != EINTR {
                throw failure(errno)
            }
        }
        throw ControlFailure(.noAnswer, "\(path): the answer does not end")
    }

    private func wait(
        _ events: Int32, _ descriptor: CInt, _ deadline: ContinuousClock.Instant
    ) throws(ControlFailure) {
        let left = deadline - .now
        var set = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        guard left > .zero, poll(&set, 1, Self.milliseconds(left)) != 0 else {
            throw ControlFailure(.noAnswer, "\(path): no answer within 10 s")
        }
    }

    /// Rounded up, so that nobody wakes a moment too early again and again.
    private static func milliseconds(_ duration: Duration) -> CInt {
        let (seconds, attoseconds) = duration.components
        return CInt(clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

/// Why an agent could not be asked.
public struct ControlFailure: Error, Equatable, CustomStringConvertible {
    /// Whose fault it is.
    public enum Kind: Sendable {
        /// No agent answers there.
        case noAnswer
        /// It answers others only.
        case refused
        /// The directory is no place for a socket.
        case unusable
    }

    /// Whose fault it is.
    public let kind: Kind
    /// What was tried, and what was found.
    public let description: String

    init(_ kind: Kind, _ description: String) { (self.kind, self.description) = (kind, description) }
}
