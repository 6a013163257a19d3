import Glibc
import Synchronization

/// A broker that says exactly the bytes a test wants, on a free port of 127.0.0.1.
///
/// The script is called for one connection after the other, on a thread of the broker. When it returns or throws, the
/// connection is closed and the next is taken.
///
/// ```swift
/// let broker = try FakeBroker { peer in
///     _ = try peer.packet()                         // CONNECT
///     try peer.send([0x20, 0x02, 0x00, 0x00])       // CONNACK of MQTT 3.1.1
///     answer.append(try peer.packet(within: .seconds(1)))
/// }
/// ```
public final class FakeBroker: Sendable {
    /// Where it listens.
    public let port: Int
    private let server: Server

    /// Begins to listen.
    public init(_ script: @escaping @Sendable (FakeBrokerPeer) throws -> Void) throws {
        let listener = try LoopbackPort.listen(port: 0)
        port = try LoopbackPort.port(of: listener)
        let server = Server(listener: listener, script: script)
        self.server = server
        startThread { server.run() }
    }

    deinit { server.stop() }

    /// Stops listening and cuts the connection.
    public func stop() { server.stop() }
}

private final class Server: Sendable {
    private struct State {
        var isOver = false
        var connection: CInt?
    }

    private let listener: CInt
    private let script: @Sendable (FakeBrokerPeer) throws -> Void
    private let state = Mutex(State())

    init(listener: CInt, script: @escaping @Sendable (FakeBrokerPeer) throws -> Void) {
        self.listener = listener
        self.script = script
    }

    deinit { close(listener) }

    func run() {
        var number = 0
        while true {
            let connection = accept(listener, nil, nil)
            if connection < 0 && errno == EINTR { continue }
            guard connection >= 0, begin(connection) else { return }
            // A script that throws has seen the other side hang up, which is for its own assertions to judge.
            try? script(FakeBrokerPeer(number: number, descriptor: connection))
            end(connection)
            number += 1
        }
    }

    func stop() {
        state.withLock { state in
            state.isOver = true
            shutdown(listener, CInt(SHUT_RDWR))
            if let connection = state.connection { shutdown(connection, CInt(SHUT_RDWR)) }
        }
    }

    private func begin(_ connection: CInt) -> Bool {
        state.withLock { state in
            if state.isOver { close(connection) } else { state.connection = connection }
            return !state.isOver
        }
    }

    private func end(_ connection: CInt) {
        state.withLock { state in
            state.connection = nil
            close(connection)
        }
    }
}

/// Starts a detached thread that runs a closure.
func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Start: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        if let context { Unmanaged<Start>.fromOpaque(context).takeRetainedValue().body() }
        return nil
    }
    let code = pthread_create(&thread, nil, entry, Unmanaged.passRetained(Start(body)).toOpaque())
    precondition(code == 0, "pthread_create failed with \(code)")
    pthread_detach(thread)
}
