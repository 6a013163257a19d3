import Glibc

/// System calls on an open file that do all that they are asked.
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
}
