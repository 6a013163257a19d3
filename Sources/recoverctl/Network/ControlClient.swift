import CSystem
import Glibc

/// The other end of an agent's control socket.
struct ControlClient {
    private let path: String
    /// A local agent answers at once, even a busy one.
    private static let patience = Duration.seconds(10)
    /// The largest answer: a story of tasks, each with 1 MiB of output that JSON writes as up to six.
    private static let largestAnswer = 64 << 20

    init(directory: String) { path = "\(directory)/control.sock" }

    /// Asks, and waits for the answer.
    func ask(_ task: AgentTask) throws(Failure) -> Reply {
        let deadline = ContinuousClock.now + Self.patience
        let descriptor = try connect(until: deadline)
        defer { close(descriptor) }
        try send(task.payload(validFor: Self.patience) + [UInt8(ascii: "\n")], to: descriptor, until: deadline)
        let line = try answer(of: descriptor, until: deadline)
        guard let reply = Reply(line, to: task.id) else {
            throw Failure(.noAnswer, "\(path): the agent answered what this program cannot read")
        }
        return reply
    }

    private func connect(until deadline: ContinuousClock.Instant) throws(Failure) -> CInt {
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

    private func failure(_ code: CInt) -> Failure {
        let text = String(cString: strerror(code))
        switch code {
        case ENOENT, ECONNREFUSED, ENOTDIR:
            return Failure(.noAnswer, "no agent answers at \(path): \(text); name its state directory with --state")
        case EACCES, EPERM:
            return Failure(.refused, "\(path): \(text); it is for root and the agent's own user")
        case ENAMETOOLONG: return Failure(.usage, "\(path) is too long for a socket")
        default: return Failure(.noAnswer, "\(path): \(text)")
        }
    }

    private func send(
        _ bytes: [UInt8], to descriptor: CInt, until deadline: ContinuousClock.Instant
    ) throws(Failure) {
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

    private func answer(of descriptor: CInt, until deadline: ContinuousClock.Instant) throws(Failure) -> [UInt8] {
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
                throw Failure(
                    .refused, "\(path): the agent closed the connection; it answers only root and its own user")
            } else if errno != EINTR {
                throw failure(errno)
            }
        }
        throw Failure(.noAnswer, "\(path): the answer does not end")
    }

    private func wait(
        _ events: Int32, _ descriptor: CInt, _ deadline: ContinuousClock.Instant
    ) throws(Failure) {
        let left = deadline - .now
        var set = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        guard left > .zero, poll(&set, 1, left.pollTime) != 0 else {
            throw Failure(.noAnswer, "\(path): no answer within \(Self.patience.text)")
        }
    }
}
