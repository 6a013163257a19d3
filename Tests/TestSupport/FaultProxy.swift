import Glibc
import Synchronization

/// A TCP proxy on a free port of 127.0.0.1 that behaves as a bad network does, with real sockets and a thread of its own.
///
/// ```swift
/// let proxy = try FaultProxy(to: broker.port)
/// proxy.behave(.blackHole)       // nothing passes, and nobody is told
/// proxy.behave(.pass)
/// proxy.cut(afterBytes: 17)      // the 17th byte to the client is its connection's last
/// ```
public final class FaultProxy: Sendable {
    /// How bytes pass.
    public enum Behaviour: Sendable, Equatable {
        /// At once.
        case pass
        /// Not at all; connections stay open, and go on after it.
        case blackHole
        /// One byte each time.
        case slow(Duration)
        /// Each piece so much later, and one in so many three times as late.
        case late(Duration, oneIn: Int)
    }

    /// Where it listens.
    public let port: Int
    private let desk: ProxyDesk

    /// Begins to listen for connections to a port of 127.0.0.1.
    public init(to target: Int) throws {
        let listener = try LoopbackPort.listen(port: 0)
        port = try LoopbackPort.port(of: listener)
        let desk = ProxyDesk()
        self.desk = desk
        startThread {
            var loop = ProxyLoop(listener: listener, target: target, desk: desk)
            loop.run()
        }
    }

    deinit { desk.change { $0.isOver = true } }

    /// How bytes pass from now on.
    public func behave(_ behaviour: Behaviour) { desk.change { $0.behaviour = behaviour } }

    /// Cuts every connection now.
    public func cut() { desk.change { $0.isCut = true } }

    /// Cuts the connection that carries this byte to its client, counted from now on; it is the last that arrives.
    public func cut(afterBytes count: Int) { desk.change { $0.bytesUntilCut = count } }

    /// Whether the last cut was made.
    public var hasCut: Bool { desk.look { !$0.isCut && $0.bytesUntilCut == nil } }

    /// How many bytes passed to the clients.
    public var bytesToClients: Int { desk.look { $0.bytesToClients } }
}

/// What the users of a proxy want of its thread.
final class ProxyDesk: Sendable {
    struct State {
        var behaviour = FaultProxy.Behaviour.pass
        var isCut = false
        var bytesUntilCut: Int?
        var bytesToClients = 0
        var isOver = false
    }

    private let state = Mutex(State())

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
    func look<Value: Sendable>(_ body: (State) -> Value) -> Value { state.withLock { body($0) } }
}
