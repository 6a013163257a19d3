import Glibc

/// A small file system in memory in the place of a directory.
public struct SmallDisk: Sendable {
    /// Where it is.
    public let path: String

    /// Tried once, because containers of root may not mount either.
    public static let isAllowed: Bool = {
        guard geteuid() == 0, let directory = try? TemporaryDirectory() else { return false }
        guard let disk = try? SmallDisk(at: directory.path) else { return false }
        disk.remove()
        return true
    }()

    /// Mounts it.
    ///
    /// - Parameters:
    ///   - path: The directory.
    ///   - kilobytes: How much room it has.
    /// - Throws: It cannot be mounted.
    public init(at path: String, kilobytes: Int = 600) throws {
        self.path = path
        try ChildProgram.run(
            "/bin/mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k,mode=700", "recoverd-test", path)
    }

    /// Makes it read-only (`ro`) or writable (`rw`).
    ///
    /// - Throws: It cannot be.
    public func remount(_ mode: String) throws { try ChildProgram.run("/bin/mount", "-o", "remount,\(mode)", path) }

    /// Leaves no room.
    ///
    /// - Throws: There is not even room for an empty file.
    public func fill() throws {
        let file = open(path + "/filling", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SystemFailure("open filling", errno) }
        defer { close(file) }
        let page = [UInt8](repeating: 0, count: 4096)
        while write(file, page, page.count) > 0 {}
    }

    /// Gives the room back.
    public func empty() { unlink(path + "/filling") }

    /// Takes it away.
    ///
    /// What is in it may still be open: the name goes now, the rest with its last descriptor.
    public func remove() { _ = try? ChildProgram.run("/bin/umount", "-l", path) }
}
