import CommandCatalog
import Glibc

/// Under which names and addresses others find this machine.
enum OwnAddresses {
    /// The addresses of its networks, those of IPv4 first; neither loopback nor link-local ones.
    static var networks: [String] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        let all = sequence(first: first, next: { $0?.pointee.ifa_next }).compactMap(\.self).compactMap(text)
        let usable = all.filter { !$0.hasPrefix("127.") && $0 != "::1" && !$0.hasPrefix("fe80:") }
        return usable.filter { !$0.contains(":") } + usable.filter { $0.contains(":") }
    }

    /// Its names, and how it calls itself.
    static var names: [String] {
        let full = HostIdentity.fullSystemName
        let short = HostIdentity.systemName
        return (full == short ? [full] : [full, short]).filter { !$0.isEmpty && $0 != "localhost" } + ["localhost"]
    }

    /// Its addresses for itself.
    static let loopback = ["127.0.0.1", "::1"]

    private static func text(_ entry: UnsafeMutablePointer<ifaddrs>) -> String? {
        guard let address = entry.pointee.ifa_addr else { return nil }
        let size: Int
        switch CInt(address.pointee.sa_family) {
        case AF_INET: size = MemoryLayout<sockaddr_in>.size
        case AF_INET6: size = MemoryLayout<sockaddr_in6>.size
        default: return nil
        }
        var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = getnameinfo(
            address, socklen_t(size), &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST)
        guard code == 0 else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
