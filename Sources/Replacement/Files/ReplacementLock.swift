import Files
import Glibc

/// Keeps a second replacement of the same configuration away, and ends with its process: a crash leaves none behind.
///
/// A lock of fcntl(2): what the replacement starts does not hold it, and who only looks whether there is one takes none.
final class ReplacementLock {
    private let file: Int32

    /// Takes the lock of a service's directory; `nil` when another process has it.
    init?(_ directory: String) throws(FileFailure) {
        try FileTree.make(directory)
        let path = Self.path(directory)
        let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure(path, cannotBe: "opened", errno: errno) }
        var lock = Self.whole
        guard fcntl(descriptor, F_SETLK, &lock) == 0 else {
            let code = errno
            close(descriptor)
            if code == EAGAIN || code == EACCES { return nil }
            throw FileFailure(path, cannotBe: "locked", errno: code)
        }
        file = descriptor
    }

    deinit { close(file) }

    /// Whether no other process has it at this moment.
    ///
    /// Not for a process that holds it: the look would end its lock.
    static func isFree(_ directory: String) -> Bool {
        let descriptor = open(path(directory), O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        var lock = whole
        return fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type == Int16(F_UNLCK)
    }

    private static var whole: flock {
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        return lock
    }

    private static func path(_ directory: String) -> String { "\(directory)/lock" }
}
