import Glibc

/// Open files by their numbers.
package enum Descriptor {
    /// Writes all bytes.
    ///
    /// - Returns: 0, or what errno says; then a part may be written.
    package static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            guard count > 0 else { return EIO }
            rest = rest.dropFirst(count)
        }
        return 0
    }

    /// Opens `/dev/null` for those of the standard streams that whoever started us had closed: else the next file or
    /// connection would get their number, and our text with it.
    ///
    /// - Returns: Whether all three are open now.
    @discardableResult
    package static func openStandardStreams() -> Bool {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is the one that was just found free.
            guard open("/dev/null", O_RDWR) == descriptor else { return false }
        }
        return true
    }
}
