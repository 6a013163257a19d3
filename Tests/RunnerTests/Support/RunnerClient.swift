import CRunner
import Glibc
import TestSupport

/// One connection to a runner.
final class RunnerClient {
    let descriptor: CInt
    private(set) var greeting = runner_hello()

    /// Connects and greets.
    init(_ directory: String, greets: Bool = true) throws {
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: (directory + "/" + RUNNER_SOCKET).utf8) }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw SystemFailure("connect", errno) }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if greets {
            try send(RUNNER_HELLO, 0, Self.bytes(runner_hello(version: UInt32(RUNNER_PROTOCOL), pid: 0)))
            greeting = try answer(RUNNER_HELLO)
        }
    }

    deinit { close(descriptor) }

    static func digits(_ run: UInt64) -> String {
        let text = String(run, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    static func bytes<Value>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

    static func frame(_ type: UInt32, _ run: UInt64, _ body: [UInt8]) -> [UInt8] {
        bytes(runner_frame(length: UInt32(MemoryLayout<runner_frame>.size + body.count), type: type, run: run)) + body
    }

    func send(_ type: runner_frame_type, _ run: UInt64, _ body: [UInt8] = []) throws {
        try send(Self.frame(type.rawValue, run, body))
    }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw SystemFailure("send", errno) }
            rest = rest.dropFirst(count)
        }
    }

    private func receive(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress?.advanced(by: done), count - done, 0)
            }
            guard got > 0 else { throw SystemFailure(got == 0 ? "closed" : "recv", got == 0 ? 0 : errno) }
            done += got
        }
        return bytes
    }

    /// The next frame.
    func next() throws -> (frame: runner_frame, body: [UInt8]) {
        let frame = try receive(MemoryLayout<runner_frame>.size).withUnsafeBytes {
            $0.loadUnaligned(as: runner_frame.self)
        }
        return (frame, try receive(Int(frame.length) - MemoryLayout<runner_frame>.size))
    }

    /// The next frame, which must be of this type.
    func answer<Body>(_ type: runner_frame_type) throws -> Body {
        let (frame, body) = try next()
        guard frame.type == type.rawValue, body.count == MemoryLayout<Body>.size else {
            throw SystemFailure("frame \(frame.type) \(body)")
        }
        return body.withUnsafeBytes { $0.loadUnaligned(as: Body.self) }
    }

    /// Starts and returns the supervisor's process.
    @discardableResult
    func start(_ run: UInt64, _ command: Started) throws -> pid_t {
        try send(RUNNER_START, run, command.body(run))
        let started: runner_started = try answer(RUNNER_STARTED)
        return pid_t(started.pid)
    }

    /// Starts a line of shell.
    @discardableResult
    func shell(_ run: UInt64, _ line: String, _ change: (inout Started) -> Void = { _ in }) throws -> pid_t {
        var command = Started("/bin/sh", "-c", line)
        change(&command)
        return try start(run, command)
    }

    /// Waits until the runner hangs up.
    func isCut() -> Bool {
        while (try? next()) != nil {}
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, 0)
        return count == 0 || (count < 0 && errno == ECONNRESET)
    }
}

/// What is asked of the runner.
struct Started {
    var arguments: [String]
    var fallback: [String] = []
    var variables = ["PATH=/usr/bin:/bin"]
    var directory = "/"
    var limits: [runner_limit] = []
    var groups: [UInt32] = []
    var fixed = runner_start()

    init(_ arguments: String...) {
        self.arguments = arguments
        fixed.umask = 0o22
        fixed.timeout = 120_000
        fixed.grace = 200
        fixed.spool = 1 << 20
        fixed.tail = 1 << 16
    }

    func body(_ run: UInt64) -> [UInt8] {
        let variables = variables + ["\(RUNNER_VARIABLE)=\(RunnerClient.digits(run))"]
        var start = fixed
        start.limit_count = UInt32(limits.count)
        start.group_count = UInt32(groups.count)
        start.argument_count = UInt32(arguments.count)
        start.fallback_count = UInt32(fallback.count)
        start.variable_count = UInt32(variables.count)
        let strings = [directory] + arguments + fallback + variables
        return RunnerClient.bytes(start) + limits.flatMap(RunnerClient.bytes) + groups.flatMap(RunnerClient.bytes)
            + strings.flatMap { Array($0.utf8) + [0] }
    }
}
