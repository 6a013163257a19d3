import Glibc
import TestSupport
import Testing

/// The proxy does to bytes what it says.
@Suite struct FaultProxyTests {
    private static let sent = (0..<200).map { UInt8($0) }

    /// A server that says 200 bytes to everybody and then waits.
    private static func server() throws -> FakeBroker {
        try FakeBroker { peer in
            try peer.send(sent)
            _ = try peer.packet()
        }
    }

    @Test(arguments: [1, 17, 200])
    func cutIsAtItsByte(place: Int) throws {
        let server = try Self.server()
        let proxy = try FaultProxy(to: server.port)
        proxy.cut(afterBytes: place)
        let client = try LoopbackPort.connection(to: proxy.port)
        defer { close(client) }
        #expect(Self.read(client, most: 1000) == Array(Self.sent.prefix(place)))
        #expect(proxy.hasCut)
    }

    @Test(arguments: [
        FaultProxy.Behaviour.pass, .slow(.milliseconds(1)), .late(.milliseconds(5), oneIn: 2),
    ])
    func nothingIsLostOrReordered(behaviour: FaultProxy.Behaviour) throws {
        let server = try Self.server()
        let proxy = try FaultProxy(to: server.port)
        proxy.behave(behaviour)
        let client = try LoopbackPort.connection(to: proxy.port)
        defer { close(client) }
        #expect(Self.read(client, most: 200) == Self.sent)
        #expect(proxy.bytesToClients == 200)
    }

    @Test func blackHoleHoldsEverythingUntilItIsGone() async throws {
        let server = try Self.server()
        let proxy = try FaultProxy(to: server.port)
        proxy.behave(.blackHole)
        let client = try LoopbackPort.connection(to: proxy.port)
        defer { close(client) }
        var polled = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
        #expect(poll(&polled, 1, 100) == 0)
        proxy.behave(.pass)
        #expect(Self.read(client, most: 200) == Self.sent)
    }

    private static func read(_ socket: CInt, most: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1000)
        while bytes.count < most, case let count = recv(socket, &buffer, most - bytes.count, 0), count > 0 {
            bytes += buffer.prefix(count)
        }
        return bytes
    }
}
