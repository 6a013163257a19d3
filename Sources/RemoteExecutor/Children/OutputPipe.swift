import Glibc

/// Our end of a pipe that a command writes to, and what came out of it.
struct OutputPipe {
    /// Standard error goes into log and status only, so less of it is kept: 64 KiB.
    static let mostOfStandardError = 64 * 1024

    /// The descriptor; -1 when the pipe is closed.
    private(set) var descriptor: Int32
    private(set) var captured: CapturedOutput

    init(descriptor: Int32, limit: Int) {
        self.descriptor = descriptor
        captured = CapturedOutput(limit: limit)
    }

    var isOpen: Bool { descriptor >= 0 }

    /// Reads once, which does not wait when the pipe is readable; false at the end of the stream.
    mutating func receive(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        guard count > 0 else { return count < 0 && errno == EINTR }
        captured.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        return true
    }

    /// Closes the pipe.
    mutating func close() {
        Glibc.close(descriptor)
        descriptor = -1
    }
}
