import Glibc

/// A lock on a file, held until nobody knows it any more; the end of a process gives it back, too.
package final class FileLock {
    private let descriptor: CInt
    /// Whoever holds such a lock has it for a few milliseconds.
    private static let pause: UInt32 = 10_000

    /// Waits until nobody else holds the lock on a file, which is made where it is not there.
    ///
    /// - Throws: Others held it all the time, or the file cannot be made.
    package convenience init(_ path: String, patience: Duration) throws(FileFailure) {
        try self.init(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, patience)
    }

    /// Waits until nobody else holds the lock on a directory.
    ///
    /// - Throws: Others held it all the time, or there is no such directory.
    package convenience init(directory path: String, patience: Duration) throws(FileFailure) {
        try self.init(path, O_RDONLY | O_DIRECTORY, patience)
    }

    private init(_ path: String, _ flags: CInt, _ patience: Duration) throws(FileFailure) {
        let deadline = ContinuousClock.now + patience
        descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure(path, cannotBe: "opened", errno: errno) }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            guard code == EWOULDBLOCK || code == EINTR else {
                close(descriptor)
                throw FileFailure(path, cannotBe: "locked", errno: code)
            }
            guard .now < deadline else {
                close(descriptor)
                throw FileFailure(path, "is locked by another process for more than \(patience)")
            }
            usleep(Self.pause)
        }
    }

    deinit { close(descriptor) }
}
