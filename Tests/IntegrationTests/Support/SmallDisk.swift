import Glibc
import TestSupport

/// A file system of some megabytes in memory, which can be filled; gone when nobody holds it any more.
final class SmallDisk: Sendable {
    /// Where it is mounted.
    let path: String

    /// Whether this process may mount; tried once, because not every root may.
    static let isAllowed: Bool = {
        guard getuid() == 0, let directory = try? TemporaryDirectory() else { return false }
        return (try? SmallDisk(directory.path("disk"), megabytes: 1)) != nil
    }()

    /// Makes the directory and mounts it.
    init(_ path: String, megabytes: Int) throws {
        self.path = path
        mkdir(path, 0o700)
        try ChildProgram.run(
            "/bin/mount", "-t", "tmpfs", "-o", "size=\(megabytes)m,mode=700", "recoverd-test", path)
    }

    deinit { _ = try? ChildProgram.run("/bin/umount", "-l", path) }

    /// Leaves no byte of room.
    func fill() throws {
        let file = open(path + "/filler", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SystemFailure("open filler", errno) }
        defer { close(file) }
        let block = [UInt8](repeating: 0x78, count: 4096)
        while block.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) > 0 {}
        guard errno == ENOSPC else { throw SystemFailure("write filler", errno) }
    }

    /// Gives the room back.
    func free() { unlink(path + "/filler") }
}
