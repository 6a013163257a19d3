import Glibc

/// The kernel's random name of this boot.
enum BootID {
    /// The name; empty where /proc is not to be had.
    ///
    /// `RECOVERD_BOOT_ID` in the agent's environment takes its place, so that a test can reboot without rebooting.
    static let current: String = {
        if let name = getenv("RECOVERD_BOOT_ID") { return String(cString: name) }
        let file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, 64))
        }
        return String(decoding: bytes.prefix { $0 > UInt8(ascii: " ") }, as: UTF8.self)
    }()
}
