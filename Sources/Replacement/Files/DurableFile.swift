import Glibc

/// Files that survive a loss of power: nothing of them is believed before it is synchronized.
package enum DurableFile {
    /// Makes a file that is not there yet, with these bytes and rights.
    package static func create(_ path: String, _ bytes: [UInt8], _ rights: FileRights) throws(FileFailure) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileFailure(path, errno: errno) }
        defer { close(file) }
        try write(bytes, to: file, path)
        // The owner first: a change of the owner takes away what only he should have had.
        guard fchown(file, rights.user, rights.group) == 0, fchmod(file, rights.mode) == 0, fsync(file) == 0 else {
            throw FileFailure(path, errno: errno)
        }
    }

    /// Puts these bytes at a path, in place of whatever is there: at any moment it is the old file or the whole new one.
    package static func replace(_ path: String, _ bytes: [UInt8], _ rights: FileRights = .ours) throws(FileFailure) {
        let draft = path + ".new"
        unlink(draft)
        do throws(FileFailure) {
            try create(draft, bytes, rights)
            try rename(draft, to: path)
        } catch {
            unlink(draft)
            throw error
        }
    }

    /// Gives a file another name, in place of what had it.
    static func rename(_ old: String, to new: String) throws(FileFailure) {
        guard Glibc.rename(old, new) == 0 else {
            throw FileFailure("(\(old) => \(new)): \(String(cString: strerror(errno)))")
        }
        try synchronizeDirectory(of: new)
    }

    /// Removes a file; one that is not there is removed.
    static func remove(_ path: String) throws(FileFailure) {
        guard unlink(path) == 0 || errno == ENOENT else { throw FileFailure(path, errno: errno) }
    }

    /// Makes the names in a file's directory lasting.
    static func synchronizeDirectory(of path: String) throws(FileFailure) {
        let directory = open(directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw FileFailure(path, errno: errno) }
        defer { close(directory) }
        // Some file systems have nothing to synchronize there.
        guard fsync(directory) == 0 || errno == EINVAL else { throw FileFailure(path, errno: errno) }
    }

    /// Makes a directory, and those above it; what is there is taken as it is.
    package static func makeDirectory(_ path: String, mode: UInt32 = 0o700) throws(FileFailure) {
        if mkdir(path, 0o700) == 0 {
            // Whatever the mask of our process is.
            guard chmod(path, mode) == 0 else { throw FileFailure(path, errno: errno) }
            return try synchronizeDirectory(of: path)
        }
        if errno == EEXIST { return }
        guard errno == ENOENT, path != "/" else { throw FileFailure(path, errno: errno) }
        try makeDirectory(directory(of: path), mode: mode)
        try makeDirectory(path, mode: mode)
    }

    /// The directory that a path lies in.
    static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last name of a path.
    static func name(of path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.index(after: $0)...]) } ?? path
    }

    private static func write(_ bytes: [UInt8], to file: Int32, _ path: String) throws(FileFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count == 0 || errno != EINTR {
                throw FileFailure(path, errno: count == 0 ? EIO : errno)
            }
        }
    }
}

/// Whose a file is, and who may do what with it.
package struct FileRights: Sendable, Equatable {
    package var user: UInt32
    package var group: UInt32
    package var mode: UInt32

    package init(user: UInt32, group: UInt32, mode: UInt32) {
        (self.user, self.group, self.mode) = (user, group, mode)
    }

    /// For us alone.
    package static var ours: FileRights { FileRights(user: geteuid(), group: getegid(), mode: 0o600) }
}
