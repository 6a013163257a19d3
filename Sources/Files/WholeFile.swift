import Glibc

/// Files that are written whole or not at all.
package enum WholeFile {
    /// Makes a file that is not there yet; whoever finds it may find a part of it.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - bytes: All that is to be in it.
    ///   - rights: Whose it is, whatever the mask of our process is.
    ///   - isDurable: Whether it must survive a loss of power; that takes its time.
    /// - Throws: It is there already, or cannot be written, and nothing is left of it; or it is made, and nobody knows whether
    ///   that lasts.
    package static func create(
        _ path: String, _ bytes: [UInt8], _ rights: FileRights = .ours, isDurable: Bool = true
    ) throws(FileFailure) {
        try write(path, bytes, rights, isDurable: isDurable)
        if isDurable { try FileTree.synchronize(above: path) }
    }

    /// Makes a file that is not there yet in one step: nobody ever finds a part of it, whenever we are killed.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - bytes: All that is to be in it.
    ///   - rights: Whose it is, whatever the mask of our process is.
    /// - Throws: It is there already, or cannot be written; or it is made, and nobody knows whether that lasts.
    package static func createAtOnce(_ path: String, _ bytes: [UInt8], _ rights: FileRights = .ours) throws(FileFailure)
    {
        let draft = "\(path).\(getpid()).new"
        unlink(draft)
        do throws(FileFailure) {
            try write(draft, bytes, rights, isDurable: true)
        } catch {
            // Nobody asked for the draft.
            throw FileFailure(path, error.message)
        }
        defer { unlink(draft) }
        if link(draft, path) != 0 {
            let code = errno
            guard code != EEXIST else { throw alreadyThere(path) }
            // Some file systems know no second names.
            guard code == EPERM || code == EOPNOTSUPP, !FileTree.isThere(path), Glibc.rename(draft, path) == 0 else {
                throw FileFailure(path, cannotBe: "created", errno: code)
            }
        }
        try FileTree.synchronize(above: path)
    }

    private static func alreadyThere(_ path: String) -> FileFailure {
        FileFailure(path, "is there already; it is not overwritten")
    }

    /// Puts a file in place of whatever is there: at any moment it is the old one or the whole new one.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - bytes: All that is to be in it.
    ///   - rights: Whose it is, whatever the mask of our process is.
    ///   - isDurable: Whether it must survive a loss of power; that takes its time.
    ///   - isShared: Whether several processes may write it at a time; each has a draft of its own then, beside the file,
    ///     where otherwise that of a process that was killed is written over.
    /// - Throws: It cannot be written, and what was there stays; or it is in place, and nobody knows whether that lasts.
    package static func replace(
        _ path: String, _ bytes: [UInt8], _ rights: FileRights = .ours, isDurable: Bool = true, isShared: Bool = false
    ) throws(FileFailure) {
        let draft = isShared ? "\(path).\(getpid()).new" : "\(path).new"
        unlink(draft)
        try write(draft, bytes, rights, isDurable: isDurable)
        guard Glibc.rename(draft, path) == 0 else {
            let code = errno
            unlink(draft)
            throw FileFailure(path, cannotBe: "replaced", errno: code)
        }
        if isDurable { try FileTree.synchronize(above: path) }
    }

    /// Gives a file another name, in place of what had it, and makes that lasting where nothing else is said.
    ///
    /// - Throws: It keeps its name, or nobody knows which one lasts.
    package static func rename(_ old: String, to new: String, isDurable: Bool = true) throws(FileFailure) {
        guard Glibc.rename(old, new) == 0 else {
            throw FileFailure(nil, "(\(old) => \(new)): \(FileFailure.reason(errno))")
        }
        if isDurable { try FileTree.synchronize(above: new) }
    }

    /// Removes a file, and no directory; one that is not there is removed.
    ///
    /// - Throws: It stays.
    package static func remove(_ path: String) throws(FileFailure) {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw FileFailure(path, cannotBe: "removed", errno: errno)
        }
    }

    /// Makes a file, whose name may not last.
    private static func write(
        _ path: String, _ bytes: [UInt8], _ rights: FileRights, isDurable: Bool
    ) throws(FileFailure) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            if errno == EEXIST { throw alreadyThere(path) }
            throw FileFailure(path, cannotBe: "created", errno: errno)
        }
        defer { close(file) }
        var code = Descriptor.write(bytes, to: file)
        // The owner first: a change of the owner takes away what only he should have had.
        if code == 0, !own(file, rights) || fchmod(file, rights.mode) != 0 { code = errno }
        if code == 0, isDurable, fsync(file) != 0 { code = errno }
        guard code == 0 else {
            unlink(path)
            throw FileFailure(path, cannotBe: "written", errno: code)
        }
    }

    /// Gives a file to its owner, where it is not his: an agent as a unit may change the owner of nothing.
    private static func own(_ file: Int32, _ rights: FileRights) -> Bool {
        var status = stat()
        guard fstat(file, &status) == 0 else { return false }
        if status.st_uid == rights.user, status.st_gid == rights.group { return true }
        return fchown(file, rights.user, rights.group) == 0
    }
}
