import CRunner
import CSystem
import Glibc

/// The connection to the runner: frames in both directions, none of which ever waits.
struct RunnerLink {
    /// What the runner tells.
    enum Message {
        /// It is there and speaks as we do; before this it is asked for nothing.
        case greeted
        case started(RunID, pid: pid_t)
        case refused(RunID, step: UInt32, errno: Int32)
        case swept(RunID, survivors: Int)
    }

    /// The socket; -1: there is none.
    private(set) var socket: Int32 = -1
    private var outgoing: [UInt8] = []
    private var incoming: [UInt8] = []
    private var isGreeted = false

    /// More than this is never on its way: every run that may go on, with a long command line each.
    private static let mostOutgoing = 64 << 20

    var isOpen: Bool { socket >= 0 }
    /// Whether it is open and the runner has greeted.
    var isReady: Bool { isOpen && isGreeted }
    /// Whether there is something that the socket did not take yet.
    var hasMore: Bool { isOpen && !outgoing.isEmpty }

    /// Takes a connection over and greets.
    mutating func open(_ socket: Int32) {
        self.socket = socket
        (outgoing, incoming, isGreeted) = ([], [], false)
        var hello = FrameBytes(RUNNER_HELLO, run: RunID(rawValue: 0))
        hello.append(runner_hello(version: UInt32(RUNNER_PROTOCOL), pid: UInt32(getpid())))
        send(hello.finished)
    }

    mutating func close() {
        guard isOpen else { return }
        Glibc.close(socket)
        socket = -1
        (outgoing, incoming) = ([], [])
    }

    /// Adds a frame; it leaves with the next ``flush()``.
    mutating func send(_ frame: [UInt8]) {
        guard isOpen, outgoing.count + frame.count <= Self.mostOutgoing else { return }
        outgoing += frame
    }

    /// Adds a frame that is nothing but its type and its run.
    mutating func send(_ type: runner_frame_type, _ run: RunID) {
        send(FrameBytes(type, run: run).finished)
    }

    /// Writes as much as the socket takes; false when the connection is lost.
    mutating func flush() -> Bool {
        while hasMore {
            let count = outgoing.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count == outgoing.count {
                outgoing.removeAll(keepingCapacity: true)
            } else if count > 0 {
                outgoing.removeFirst(count)
            } else if errno != EINTR {
                return errno == EAGAIN
            }
        }
        return true
    }

    /// Reads what has come; `nil` when the connection is lost or the other end speaks another version.
    mutating func receive() -> [Message]? {
        var messages: [Message] = []
        while true {
            let count = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                let count = recv(socket, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                if count > 0 { incoming.append(contentsOf: buffer.prefix(count)) }
                return count
            }
            if count == 0 { return messages.isEmpty ? nil : messages }
            if count < 0, errno == EINTR { continue }
            guard count > 0 || errno == EAGAIN, takeFrames(into: &messages) else { return nil }
            if count < 4096 { return messages }
        }
    }

    private mutating func takeFrames(into messages: inout [Message]) -> Bool {
        var start = 0
        while let frame = incoming.value(runner_frame.self, at: start) {
            let length = Int(frame.length)
            guard length >= MemoryLayout<runner_frame>.size, length <= Int(RUNNER_LONGEST_FRAME) else { return false }
            guard incoming.count - start >= length else { break }
            guard take(frame, at: start + MemoryLayout<runner_frame>.size, into: &messages) else { return false }
            start += length
        }
        incoming.removeFirst(start)
        return true
    }

    /// What follows the header; `nil` where the frame is too short for it.
    private func body<Body: BitwiseCopyable>(_ type: Body.Type, of frame: runner_frame, at place: Int) -> Body? {
        guard Int(frame.length) >= MemoryLayout<runner_frame>.size + MemoryLayout<Body>.size else { return nil }
        return incoming.value(type, at: place)
    }

    private mutating func take(_ frame: runner_frame, at body: Int, into messages: inout [Message]) -> Bool {
        let run = RunID(rawValue: frame.run)
        let type = runner_frame_type(frame.type)
        guard isGreeted || type == RUNNER_HELLO else { return false }
        switch type {
        case RUNNER_HELLO:
            isGreeted = self.body(runner_hello.self, of: frame, at: body)?.version == UInt32(RUNNER_PROTOCOL)
            if isGreeted { messages.append(.greeted) }
            return isGreeted
        case RUNNER_STARTED:
            guard let started = self.body(runner_started.self, of: frame, at: body) else { return false }
            messages.append(.started(run, pid: pid_t(started.pid)))
        case RUNNER_REFUSED:
            guard let refused = self.body(runner_refused.self, of: frame, at: body) else { return false }
            messages.append(.refused(run, step: refused.step, errno: Int32(refused.error)))
        case RUNNER_SWEPT:
            guard let swept = self.body(runner_swept.self, of: frame, at: body) else { return false }
            messages.append(.swept(run, survivors: Int(swept.survivors)))
        default:
            break
        }
        return true
    }
}
