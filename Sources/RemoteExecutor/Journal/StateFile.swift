import CSystem
import Glibc

/// Files of the state directory: what may be trusted, and what survives a loss of power.
enum StateFile {
    /// The directory's path without links, after a look at it.
    ///
    /// - Throws: It is missing, or others may write it.
    static func directory(_ path: String) throws(JournalError) -> String {
        guard let resolved = realpath(path, nil) else { throw failure(path, "the state directory cannot be found") }
        defer { free(resolved) }
        let real = String(cString: resolved)
        var status = stat()
        guard stat(real, &status) == 0 else { throw failure(real, "the state directory cannot be examined") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw JournalError(.refused, real, "the state directory is no directory; name one")
        }
        guard status.st_uid == geteuid() else {
            throw JournalError(
                .refused, real,
                "belongs to user \(status.st_uid), and this program runs as user \(geteuid()); run it as that user")
        }
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw JournalError(.refused, real, "may be written by group or others; use: chmod go-w")
        }
        return real
    }

    /// Whether there is such a file; one that is there must be ours alone.
    ///
    /// - Returns: Its size, or nil where there is none.
    /// - Throws: It is not ours alone, with what to do.
    static func size(_ path: String) throws(JournalError) -> Int? {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw failure(path, "cannot be examined") }
            return nil
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw JournalError(.refused, path, "is no regular file; move it away, or use --reset-journal")
        }
        guard status.st_uid == geteuid() else {
            throw JournalError(
                .refused, path, "belongs to user \(status.st_uid), not to \(geteuid()); find out who wrote it")
        }
        guard status.st_nlink == 1 else {
            throw JournalError(.refused, path, "has \(status.st_nlink) hard links; remove all other names of it")
        }
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw JournalError(
                .refused, path,
                "may be written by group or others: somebody else may have changed it; "
                    + "if not, use: chmod 600")
        }
        return Int(status.st_size)
    }

    /// Makes an empty file for the agent's user alone, whatever the umask.
    static func create(_ path: String) throws(JournalError) {
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path, "cannot be made") }
        defer { close(file) }
        guard fchmod(file, 0o600) == 0 else { throw failure(path, "cannot be made private") }
    }

    /// Waits until a file, or the names in a directory, would survive a loss of power.
    static func sync(_ path: String) throws(JournalError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path, "cannot be opened") }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure(path, "cannot be made durable") }
    }

    /// Gives a file another name.
    static func rename(_ old: String, to new: String) throws(JournalError) {
        guard Glibc.rename(old, new) == 0 else { throw failure(old, "cannot be renamed to \(new)") }
    }

    /// Why the place is a bad one, if it is.
    static func warning(of directory: String) -> String? {
        // The magic numbers of statfs(2).
        switch UInt32(truncatingIfNeeded: csystem_file_system(directory)) {
        case 0x6969, 0xFF53_4D42, 0xFE53_4D42:
            return "\(directory) is on a network file system: its locks and syncs may not hold; use a local disk"
        case 0x0102_1994, 0x8584_58F6:
            return "\(directory) is in memory: what is accepted is lost when the power goes; use a disk"
        default: return nil
        }
    }

    /// How many bytes the agent's user may still write there.
    static func room(in directory: String) -> Int {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return 0 }
        return Int(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }

    /// An error with the reason in errno.
    static func failure(_ path: String, _ what: String) -> JournalError {
        let code = errno
        let kind: JournalError.Kind =
            switch code {
            case ENOSPC, EDQUOT: .full
            case EROFS: .readOnly
            case EIO: .ioError
            default: .cannotOpen
            }
        return JournalError(kind, path, "\(what): \(String(cString: strerror(code)))")
    }
}
