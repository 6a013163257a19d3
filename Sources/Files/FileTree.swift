import Glibc

/// What has a name: directories, and what is in them.
package enum FileTree {
    /// The names in a directory but `.` and `..`, in no order.
    ///
    /// - Throws: It cannot be read.
    package static func names(in path: String) throws(FileFailure) -> [String] {
        guard let directory = opendir(path) else { throw FileFailure(path, cannotBe: "read", errno: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Whether there is anything of this name, be it a link that leads nowhere.
    package static func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Why nobody can say whether something is there, such as a directory on the way that we may not look into; `nil`: it can
    /// be said.
    package static func doubt(about path: String) -> FileFailure? {
        var status = stat()
        guard lstat(path, &status) != 0, errno != ENOENT, errno != ENOTDIR else { return nil }
        return FileFailure(path, cannotBe: "looked at", errno: errno)
    }

    /// Makes a directory, and those above it; what is there is taken as it is.
    ///
    /// - Parameters:
    ///   - path: The directory.
    ///   - mode: Who may do what in those that are made, whatever the mask of our process is.
    ///   - isDurable: Whether they must survive a loss of power; that takes its time.
    /// - Throws: It cannot be made.
    package static func make(_ path: String, mode: UInt32 = 0o700, isDurable: Bool = true) throws(FileFailure) {
        var code = makeOne(path)
        if code == ENOENT, case let parent = parent(of: path), parent != path, !parent.isEmpty {
            try make(parent, mode: mode, isDurable: isDurable)
            code = makeOne(path)
        }
        if code == EEXIST { return }
        guard code == 0, chmod(path, mode) == 0 else {
            throw FileFailure(path, cannotBe: "made", errno: code == 0 ? errno : code)
        }
        if isDurable { try synchronize(above: path) }
    }

    private static func makeOne(_ path: String) -> Int32 { mkdir(path, 0o700) == 0 ? 0 : errno }

    /// Removes a file, or a directory with all that is in it; links are removed and not followed, and what is not there is
    /// removed.
    ///
    /// - Throws: What stays, and why.
    package static func remove(_ path: String) throws(FileFailure) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw FileFailure(path, cannotBe: "removed", errno: errno) }
            return
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in try names(in: path) { try remove("\(path)/\(name)") }
        }
        guard Glibc.remove(path) == 0 else { throw FileFailure(path, cannotBe: "removed", errno: errno) }
    }

    /// Makes a file's name lasting: without it a loss of power may take the name away again.
    ///
    /// - Parameter path: The file, or what was the name of one.
    /// - Throws: Nobody knows whether it lasts.
    package static func synchronize(above path: String) throws(FileFailure) {
        let parent = parent(of: path)
        let directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else {
            throw FileFailure(
                path, "nobody knows whether its name survives a loss of power: \(FileFailure.reason(errno))")
        }
        defer { close(directory) }
        // Some file systems have nothing to synchronize there.
        guard fsync(directory) == 0 || errno == EINVAL else {
            throw FileFailure(
                path, "nobody knows whether its name survives a loss of power: \(FileFailure.reason(errno))")
        }
    }

    /// The directory that a path lies in.
    package static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last name of a path.
    package static func lastName(of path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.index(after: $0)...]) } ?? path
    }
}
