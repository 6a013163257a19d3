import CSystem
import Glibc
import Logging
import TestSupport
import Testing

@testable import RemoteExecutor

/// The agent's socket for questions from its own host, with a stand-in for the agent.
@Suite(.crowd)
struct ControlSocketTests {
    /// A socket that answers with what it was asked, in brackets.
    private static func echo(
        _ directory: TemporaryDirectory, _ bounds: ControlBounds = ControlBounds()
    ) throws -> ControlSocket {
        try ControlSocket(
            directory: directory.path, bounds: bounds, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { [UInt8(ascii: "<")] + $0 + [UInt8(ascii: ">")] }
    }

    @Test func eachLineIsAnsweredInOrder() async throws {
        let directory = try TemporaryDirectory()
        let socket = try Self.echo(directory)
        let asker = try Asker(directory)
        asker.send("a\n\nb\nc")
        try await eventually("two answers") { asker.text == "<a>\n<b>\n" }
        asker.send("\n")
        try await eventually("the third") { asker.text == "<a>\n<b>\n<c>\n" }
        socket.stop()
    }

    @Test func socketIsForItsOwnerAndGoneAfterTheStop() throws {
        let directory = try TemporaryDirectory()
        let socket = try Self.echo(directory)
        var status = stat()
        #expect(lstat(directory.path(ControlSocket.name), &status) == 0)
        #expect(status.st_mode == S_IFSOCK | 0o600)
        socket.stop()
        #expect(lstat(directory.path(ControlSocket.name), &status) == -1)
    }

    @Test func socketOfADeadAgentGivesWay() async throws {
        let directory = try TemporaryDirectory()
        let left = csystem_listen_local(directory.path(ControlSocket.name))
        close(left)
        let socket = try Self.echo(directory)
        let asker = try Asker(directory)
        asker.send("a\n")
        try await eventually("an answer") { asker.text == "<a>\n" }
        socket.stop()
    }

    @Test(arguments: ["\n", ""])
    func lineThatIsTooLongEndsTheConnection(end: String) async throws {
        let directory = try TemporaryDirectory()
        let socket = try Self.echo(directory)
        let (asker, other) = (try Asker(directory), try Asker(directory))
        asker.send(String(repeating: "x", count: ControlBounds().line + 1) + end)
        try await eventually("the end") { asker.isClosed }
        #expect(asker.text.isEmpty)
        other.send(String(repeating: "x", count: ControlBounds().line) + "\n")
        try await eventually("others are answered") { other.text.utf8.count == ControlBounds().line + 3 }
        socket.stop()
    }

    @Test func silentConnectionIsClosed() async throws {
        let directory = try TemporaryDirectory()
        let socket = try Self.echo(directory, ControlBounds(idle: .milliseconds(300)))
        let (silent, halfSilent) = (try Asker(directory), try Asker(directory))
        halfSilent.send("half a line")
        try await eventually("both are closed") { silent.isClosed && halfSilent.isClosed }
        #expect(halfSilent.text.isEmpty)
        let next = try Asker(directory)
        next.send("a\n")
        try await eventually("the next one is answered") { next.text == "<a>\n" }
        socket.stop()
    }

    @Test func whoFindsNoPlaceWaits() async throws {
        let directory = try TemporaryDirectory()
        let socket = try Self.echo(directory, ControlBounds(connections: 2))
        var askers = try (0..<3).map { _ in try Asker(directory) }
        for asker in askers { asker.send("a\n") }
        try await eventually("two are answered") { askers.filter { !$0.text.isEmpty }.count == 2 }
        #expect(askers[2].text.isEmpty)
        askers.removeFirst()
        try await eventually("the third has a place") { askers.allSatisfy { $0.text == "<a>\n" } }
        socket.stop()
    }

    @Test func hundredConnectionsAreServedOneAfterTheOther() async throws {
        let directory = try TemporaryDirectory()
        let socket = try Self.echo(directory)
        for number in 0..<100 {
            let asker = try Asker(directory)
            asker.send("\(number)\n")
            try await eventually("answer \(number)") { asker.text == "<\(number)>\n" }
        }
        socket.stop()
    }

    @Test func answerLargerThanTheSocketHoldsComesWhole() async throws {
        let directory = try TemporaryDirectory()
        let size = 1 << 19
        let socket = try ControlSocket(
            directory: directory.path, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { _ in [UInt8](repeating: UInt8(ascii: "y"), count: size) }
        let (asker, other) = (try Asker(directory), try Asker(directory))
        asker.send("a\n")
        other.send("b\n")
        try await eventually("the other's answer, though the first asker reads nothing") {
            other.text.utf8.count == size + 1
        }
        try await eventually("the first one's answer") { asker.text.utf8.count == size + 1 }
        socket.stop()
    }

    @Test func pathThatIsTooLongIsAnError() throws {
        #expect(throws: ControlFailure.self) {
            _ = try ControlSocket(
                directory: "/tmp/" + String(repeating: "x", count: 120),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, answer: { $0 })
        }
    }
}

/// One connection to the socket.
private final class Asker {
    private let descriptor: CInt
    private var bytes: [UInt8] = []
    private(set) var hasEnded = false

    init(_ directory: TemporaryDirectory) throws {
        descriptor = csystem_connect_local(directory.path(ControlSocket.name))
        guard descriptor >= 0 else { throw SystemFailure("connect", errno) }
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            if count < 0 && errno != EAGAIN { return }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// What came so far.
    var text: String {
        receive()
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the other end closed it.
    var isClosed: Bool {
        receive()
        return hasEnded
    }

    private func receive() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count <= 0 {
                if count == 0 || errno == ECONNRESET { hasEnded = true }
                // The rest of an answer that has begun is on its way.
                let hasBegun = !hasEnded && !bytes.isEmpty && bytes.last != UInt8(ascii: "\n")
                var set = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                if hasBegun, poll(&set, 1, 5000) > 0 { continue }
                return
            }
            bytes += buffer.prefix(count)
        }
    }
}
