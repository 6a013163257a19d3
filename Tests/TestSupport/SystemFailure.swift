import Glibc

/// A system call that failed while a test was being prepared.
public struct SystemFailure: Error, CustomStringConvertible {
    /// What failed, and why.
    public let description: String

    /// Takes what failed and errno.
    public init(_ call: String, _ number: CInt) {
        description = "\(call): \(String(cString: strerror(number)))"
    }

    /// Takes what went wrong in words.
    public init(_ description: String) { self.description = description }
}

/// Reads a descriptor to its end.
func readToEnd(_ descriptor: CInt) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count <= 0 { return bytes }
        bytes += buffer[..<count]
    }
}
