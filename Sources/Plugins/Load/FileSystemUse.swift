import Glibc

/// The space of a file system in bytes, divided as collectd's df plugin divides it.
struct FileSystemUse: Equatable {
    /// What everybody may use.
    let free: Double
    /// What only root may use.
    let reserved: Double
    let used: Double

    /// Asks the system about the file system that a path is on.
    init(path: String) throws {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw ReadingError.system(errno, what: path) }
        let size = Double(status.f_frsize)
        free = Double(status.f_bavail) * size
        reserved = Double(max(status.f_bfree, status.f_bavail) - status.f_bavail) * size
        used = Double(max(status.f_blocks, status.f_bfree) - status.f_bfree) * size
    }

    /// The parts by collectd's names.
    var parts: [(name: String, bytes: Double)] {
        [("free", free), ("reserved", reserved), ("used", used)]
    }
}
