/// A set of the kernel's capabilities (capabilities(7)).
public struct Capabilities: Sendable, Equatable {
    /// Bit n is capability n.
    public private(set) var bits: UInt64 = 0

    /// None.
    public init() {}

    /// Adds the capability with this name, written as in capabilities(7) or without `CAP_`; false where there is none.
    @discardableResult
    public mutating func insert(_ name: String) -> Bool {
        let upper = name.uppercased()
        let short = upper.hasPrefix("CAP_") ? String(upper.dropFirst(4)) : upper
        guard let number = Self.names.firstIndex(of: short) else { return false }
        bits |= 1 << UInt64(number)
        return true
    }

    /// Their names, as in capabilities(7).
    public var words: [String] {
        Self.names.indices.filter { bits & 1 << UInt64($0) != 0 }.map { "CAP_\(Self.names[$0])" }
    }

    /// The names without `CAP_`, by number: `linux/capability.h` of Linux 5.9 and later.
    static let names = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ]
}
