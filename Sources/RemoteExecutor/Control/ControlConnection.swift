internal import Glibc

/// One asker at the control socket: what came and is no whole line yet, and what is still to be written.
struct ControlConnection {
    /// What follows from reading or writing.
    enum Step: Equatable {
        case goOn
        /// It is over: the other end left, or asked for more than there is.
        case close
    }

    let descriptor: CInt
    /// When it is closed if nothing happens until then.
    var deadline: ContinuousClock.Instant
    private var input: [UInt8] = []
    private var output: ArraySlice<UInt8> = []
    /// Whether the other end sends no more.
    private var hasEnded = false

    init(descriptor: CInt, deadline: ContinuousClock.Instant) {
        (self.descriptor, self.deadline) = (descriptor, deadline)
    }

    /// What is waited for: nothing is read before the last answer is out, so nothing piles up.
    var events: Int16 { Int16(output.isEmpty ? POLLIN : POLLOUT) }

    /// Reads what is there, answers whole lines, and writes as much as there is room for.
    mutating func serve(line bound: Int, answer: ([UInt8]) -> [UInt8]) -> Step {
        if output.isEmpty, !read(line: bound) { return .close }
        while true {
            guard write() else { return .close }
            if !output.isEmpty { return .goOn }
            guard let end = input.firstIndex(of: UInt8(ascii: "\n")) else { break }
            guard end <= bound else { return .close }
            let line = Array(input[..<end])
            input.removeSubrange(...end)
            // An empty line is what a person types who wants to see whether somebody is there.
            if !line.isEmpty { output = (answer(line) + [UInt8(ascii: "\n")])[...] }
        }
        return hasEnded || input.count > bound ? .close : .goOn
    }

    private mutating func read(line bound: Int) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while input.count <= bound {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count > 0 {
                input += buffer.prefix(count)
            } else if count == 0 {
                hasEnded = true
                return true
            } else if errno != EINTR {
                return errno == EAGAIN
            }
        }
        return true
    }

    private mutating func write() -> Bool {
        while !output.isEmpty {
            let count = output.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 {
                output = output.dropFirst(count)
            } else if errno != EINTR {
                return errno == EAGAIN
            }
        }
        return true
    }
}
