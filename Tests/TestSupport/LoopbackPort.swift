import Glibc
import Synchronization

/// TCP ports on 127.0.0.1.
public enum LoopbackPort {
    /// Those that were given away in this process.
    private static let given = Mutex<Set<Int>>([])

    /// A port that nobody uses at this moment, and that no other test of this process gets; or the first of several that
    /// follow each other.
    ///
    /// Below those that the system gives to whoever connects: one of them would be taken before our broker listens.
    public static func free(_ count: Int = 1) throws -> Int {
        while true {
            let port = Int.random(in: 10_000..<(32_768 - count))
            let ports = Set(port..<(port + count))
            let isNew = given.withLock { given in
                defer { given.formUnion(ports) }
                return given.isDisjoint(with: ports)
            }
            if isNew, ports.allSatisfy(isFree) { return port }
        }
    }

    private static func isFree(_ port: Int) -> Bool {
        guard let descriptor = try? listen(port: port) else { return false }
        close(descriptor)
        return true
    }

    /// Whether somebody listens at a port.
    public static func isOpen(_ port: Int) -> Bool {
        guard let descriptor = try? connection(to: port) else { return false }
        close(descriptor)
        return true
    }

    /// A connection to a port, which the caller closes.
    public static func connection(to port: Int) throws -> CInt {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemFailure("socket", errno) }
        guard withAddress(port, { connect(descriptor, $0, $1) }) == 0 else {
            let number = errno
            close(descriptor)
            throw SystemFailure("connect to port \(port)", number)
        }
        return descriptor
    }

    /// A listening socket; port 0 lets the system choose.
    static func listen(port: Int) throws -> CInt {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemFailure("socket", errno) }
        var one: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<CInt>.size))
        guard withAddress(port, { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 64) == 0 else {
            let number = errno
            close(descriptor)
            throw SystemFailure("bind to port \(port)", number)
        }
        return descriptor
    }

    static func port(of descriptor: CInt) throws -> Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutableBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &size) }
        }
        guard code == 0 else { throw SystemFailure("getsockname", errno) }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func withAddress(_ port: Int, _ body: (UnsafePointer<sockaddr>?, socklen_t) -> CInt) -> CInt {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafeBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { body($0.baseAddress, socklen_t(bytes.count)) }
        }
    }
}
