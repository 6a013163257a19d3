internal import Files
internal import Glibc

/// What an audit file is opened and read by.
extension Descriptor {
    /// Bytes of a file; fewer where it ends before.
    static func read(_ descriptor: CInt, from offset: Int, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let piece = [UInt8](unsafeUninitializedCapacity: count - bytes.count) { buffer, read in
                read = max(0, pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset + bytes.count)))
            }
            guard !piece.isEmpty else { break }
            bytes += piece
        }
        return bytes
    }

    /// Opens an audit file to write at its end; nobody else may write it, and it has one name.
    static func openForAppending(_ path: String) throws(AuditError) -> (descriptor: CInt, size: Int) {
        let descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw AuditError(path, errno == ELOOP ? "is a symbolic link" : "cannot be opened: \(reason(errno))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw refused(descriptor, path, reason(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw refused(descriptor, path, "is no regular file") }
        guard status.st_uid == geteuid(), status.st_nlink == 1, status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw refused(
                descriptor, path, "must belong to user \(geteuid()), have one name, and be written by nobody else")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw refused(descriptor, path, "another program writes it")
        }
        return (descriptor, Int(status.st_size))
    }

    private static func refused(_ descriptor: CInt, _ path: String, _ message: String) -> AuditError {
        close(descriptor)
        return AuditError(path, message)
    }
}
