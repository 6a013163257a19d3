import CSystem
import ConfigurationReader
import Glibc

/// A program that is run to its end for a service: a check, a stop, a start, a look.
package struct ChildProgram {
    /// How it ended.
    package struct End: Equatable {
        /// Its exit status; 128+n for an end by signal n; `nil`: it was not started, or was ended after its time.
        package var status: Int32?
        /// What it printed on both streams, its beginning and its end.
        package var output: String
        /// Why there is no status.
        package var failure: String?
        /// Whether it was not started because strangers could have changed it.
        package var isRefused = false

        package init(status: Int32? = nil, output: String, failure: String? = nil) {
            (self.status, self.output, self.failure) = (status, output, failure)
        }

        /// Whether it ended with success.
        package var isSuccess: Bool { status == 0 }

        /// Why it did not: what it printed, or how it ended.
        package var reason: String {
            if let failure { return output.isEmpty ? failure : "\(failure): \(output)" }
            return output.isEmpty ? "exit status \(status ?? 0)" : output
        }
    }

    /// How much of the output is kept: half from its beginning, half from its end.
    private static let mostOutput = 64 * 1024
    /// A daemon may hold the output open for ever; what its starter printed has come by then.
    private static let drainTime = Duration.milliseconds(200)

    /// Runs a program, unless strangers could have changed it.
    ///
    /// - Parameters:
    ///   - words: Its argument vector, the first an absolute path.
    ///   - timeout: After this time it is ended, with all of its session that did not leave its group.
    ///   - isCancelled: Whether it is to be ended before.
    /// - Returns: How it ended.
    package static func run(
        _ words: [String], timeout: Duration, isCancelled: () -> Bool = { false }
    ) -> End {
        if let refusal = refusal(of: words) { return refusal }
        var pipe: [Int32] = [0, 0]
        guard Glibc.pipe(&pipe) == 0 else {
            return End(output: "", failure: "cannot make a pipe: \(String(cString: strerror(errno)))")
        }
        defer { close(pipe[0]) }
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(pipe[0], F_SETFL, O_NONBLOCK)
        let pid = spawn(words, output: pipe[1])
        let code = errno
        close(pipe[1])
        guard pid >= 0 else {
            return End(
                output: "", failure: "\(words.first ?? "") cannot be started: \(String(cString: strerror(code)))")
        }
        var child = Running(pid: pid, pipe: pipe[0])
        let end = ContinuousClock.now + timeout
        while !child.hasEnded, .now < end, !isCancelled() { child.wait(atMost: .milliseconds(100)) }
        guard child.hasEnded else {
            kill(-pid, SIGKILL)
            kill(pid, SIGKILL)
            _ = csystem_exit_status(pid)
            child.drain(for: drainTime)
            let failure = isCancelled() ? "was ended" : "did not end within \(timeout.milliseconds / 1000) s"
            return End(output: child.text, failure: "\(words.first ?? "") \(failure)")
        }
        child.drain(for: drainTime)
        return End(status: csystem_exit_status(pid), output: child.text)
    }

    /// What is said instead of running a program that strangers could have changed.
    private static func refusal(of words: [String]) -> End? {
        guard let program = words.first, case .refused(let reason) = ProgramTrust(of: program) else { return nil }
        var end = End(output: "", failure: "\(program) will not be executed, because \(reason)")
        end.isRefused = true
        return end
    }

    /// Its environment is ours, but for the mark of our run: a service that is started here is not ended with that.
    private static func spawn(_ words: [String], output: Int32) -> pid_t {
        var arguments = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = []
        var place = environ
        while let variable = place.pointee {
            if !String(cString: variable).hasPrefix("RECOVERD_RUN=") { variables.append(variable) }
            place += 1
        }
        variables.append(nil)
        defer { for argument in arguments { free(argument) } }
        return csystem_spawn(&arguments, &variables, output)
    }

    /// A program that runs, and what it has printed.
    private struct Running {
        let pid: pid_t
        let pipe: Int32
        private let pidfd: Int32
        private var first: [UInt8] = []
        private var last: [UInt8] = []
        private var isOpen = true
        private(set) var hasEnded = false

        init(pid: pid_t, pipe: Int32) {
            (self.pid, self.pipe) = (pid, pipe)
            pidfd = csystem_pidfd_open(pid)
        }

        mutating func wait(atMost time: Duration) {
            var set = [
                pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isOpen ? pipe : -1, events: Int16(POLLIN), revents: 0),
            ]
            poll(&set, 2, Int32(time.milliseconds))
            if set[1].revents != 0 { read() }
            if set[0].revents != 0 {
                hasEnded = true
                close(pidfd)
            }
        }

        mutating func drain(for time: Duration) {
            let end = ContinuousClock.now + time
            while isOpen, .now < end {
                var set = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
                if poll(&set, 1, Int32((end - .now).milliseconds)) <= 0 { return }
                read()
            }
        }

        private mutating func read() {
            var buffer = [UInt8](repeating: 0, count: 16_384)
            let count = Glibc.read(pipe, &buffer, buffer.count)
            if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { isOpen = false }
            guard count > 0 else { return }
            let room = max(0, mostOutput / 2 - first.count)
            first += buffer.prefix(min(count, room))
            last += buffer[..<count].dropFirst(room)
            if last.count > mostOutput { last.removeFirst(last.count - mostOutput / 2) }
        }

        /// Without the last newline; with a mark where something was left out.
        var text: String {
            let rest = last.suffix(mostOutput / 2)
            let gap = rest.count < last.count || last.count == mostOutput / 2 ? Array("\n[…]\n".utf8) : []
            let text = String(decoding: first + gap + rest, as: UTF8.self)
            return String(text.drop(while: { $0 == "\n" }).reversed().drop(while: { $0.isNewline }).reversed())
        }
    }
}
