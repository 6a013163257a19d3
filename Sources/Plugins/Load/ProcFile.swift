import Glibc

/// A small file of the kernel's.
enum ProcFile {
    /// The files that are read here have at most some kilobytes.
    private static let largestSize = 64 * 1024

    /// The file's text.
    static func text(_ path: String) throws -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw ReadingError.system(errno, what: path) }
        defer { close(file) }
        var bytes: [UInt8] = []
        while bytes.count < largestSize {
            let chunk = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                count = max(0, Glibc.read(file, buffer.baseAddress, buffer.count))
            }
            if chunk.isEmpty { break }
            bytes += chunk
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
