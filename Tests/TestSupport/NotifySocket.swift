import Glibc

/// A service manager that listens, as systemd does (sd_notify(3)).
public final class NotifySocket: Sendable {
    /// Its address, as a service finds it in its environment.
    public let path: String
    private let directory: TemporaryDirectory
    private let descriptor: CInt

    /// Makes one.
    public init() throws {
        directory = try TemporaryDirectory()
        path = directory.path("notify")
        descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw SystemFailure("a long path") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw SystemFailure("bind", errno) }
    }

    deinit { close(descriptor) }

    /// What it was told since the last look.
    public func take() -> [String] {
        var told: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { return told }
            told.append(String(decoding: buffer.prefix(count), as: UTF8.self))
        }
    }
}
