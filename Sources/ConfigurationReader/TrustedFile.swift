internal import Glibc

/// A file that only its owner may have written: what it says may be run as root.
///
/// It must be a regular file, not a symbolic link, that belongs to root or to the running user and that nobody else may
/// write; the same holds for every directory on the way, but for a sticky one of root's such as `/tmp`.
public struct TrustedFile: Sendable {
    /// The path as the operator named it.
    public let path: String
    /// What the file says.
    public let bytes: [UInt8]
    /// Whether every user of the host may read it.
    public let isWorldReadable: Bool

    /// The largest file that is read, 4 MiB: a catalog of ten thousand commands is a tenth of it.
    public static let largestSize = 4 * 1024 * 1024

    /// Reads a file.
    ///
    /// - Throws: Why it cannot be read or trusted, and what to do.
    public init(_ path: String) throws(ConfigurationProblem) {
        do throws(TrustError) {
            // The name is looked up in the directory that was checked, not on the way there, which may have links.
            let name = path.utf8.lastIndex(of: slash).map { path[path.index(after: $0)...] } ?? path[...]
            let directory = try Self.checkedDirectory(above: path)
            (bytes, isWorldReadable) = try Self.read("\(directory)/\(name)")
        } catch {
            throw ConfigurationProblem(file: path, message: error.message)
        }
        self.path = path
    }

    /// Looks at the directory of a path, and at all above it, as for a file that is read.
    ///
    /// - Throws: Who else could change what is there, and what to do.
    public static func checkDirectory(of path: String) throws(ConfigurationProblem) {
        do throws(TrustError) {
            _ = try checkedDirectory(above: path)
        } catch {
            throw ConfigurationProblem(file: path, message: error.message)
        }
    }

    private static func read(_ path: String) throws(TrustError) -> ([UInt8], Bool) {
        // Without O_NONBLOCK the opening of a FIFO would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw openingFailed(errno) }
        defer { close(descriptor) }
        // A file that changes while it is read is read again; a writer that never rests is an error.
        for _ in 1...3 {
            let before = try status(of: descriptor)
            try checkFile(before)
            let bytes = try content(of: descriptor, size: Int(before.st_size))
            if bytes.count == before.st_size, try status(of: descriptor).isUnchanged(since: before) {
                return (bytes, before.st_mode & S_IROTH != 0)
            }
        }
        throw TrustError("the file changed while it was read; write it elsewhere and rename it to its place")
    }

    private static func openingFailed(_ code: Int32) -> TrustError {
        switch code {
        case ELOOP: TrustError("is a symbolic link; name the file that it leads to")
        // What open(2) says about a socket.
        case ENXIO: TrustError("is no regular file")
        default: TrustError("cannot be opened: \(String(cString: strerror(code)))")
        }
    }

    private static func status(of descriptor: Int32) throws(TrustError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw TrustError("cannot be examined: \(String(cString: strerror(errno)))")
        }
        return status
    }

    private static func checkFile(_ status: stat) throws(TrustError) {
        guard status.st_mode & S_IFMT == S_IFREG else { throw TrustError("is no regular file") }
        guard status.st_size <= largestSize else {
            throw TrustError("has \(status.st_size) bytes; at most \(largestSize) are read")
        }
        guard isOwnerTrusted(status) else {
            throw TrustError("belongs to user \(status.st_uid); it must belong to root or to user \(geteuid())")
        }
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw TrustError("may be written by group or others; use: chmod go-w")
        }
    }

    private static func content(of descriptor: Int32, size: Int) throws(TrustError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < size {
            let offset = bytes.count
            let chunk = [UInt8](unsafeUninitializedCapacity: size - offset) { buffer, count in
                count = max(0, pread(descriptor, buffer.baseAddress, size - offset, off_t(offset)))
            }
            // A read error looks like a file that became shorter, and is reported as such.
            guard !chunk.isEmpty else { break }
            bytes += chunk
        }
        return bytes
    }

    /// The directory of a path, without links, after a look at it and at all above it.
    private static func checkedDirectory(above path: String) throws(TrustError) -> String {
        let parent = path.utf8.lastIndex(of: slash).map { path[..<$0] } ?? "."
        guard let resolved = realpath(parent.isEmpty ? "/" : String(parent), nil) else {
            throw TrustError("its directory cannot be found: \(String(cString: strerror(errno)))")
        }
        defer { free(resolved) }
        let parentDirectory = String(cString: resolved)
        var directory = parentDirectory
        while true {
            try checkDirectory(directory)
            guard directory != "/", let end = directory.utf8.lastIndex(of: slash) else { return parentDirectory }
            directory = end == directory.startIndex ? "/" : String(directory[..<end])
        }
    }

    private static func checkDirectory(_ path: String) throws(TrustError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw TrustError("the directory \(path) cannot be examined: \(String(cString: strerror(errno)))")
        }
        guard isOwnerTrusted(status) else {
            throw TrustError(
                "the directory \(path) belongs to user \(status.st_uid); it must belong to root or to user \(geteuid())"
            )
        }
        let isSticky = status.st_uid == 0 && status.st_mode & S_ISVTX != 0
        guard isSticky || status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw TrustError("the directory \(path) may be written by group or others; use: chmod go-w \(path)")
        }
    }

    private static func isOwnerTrusted(_ status: stat) -> Bool {
        status.st_uid == 0 || status.st_uid == geteuid()
    }
}

// A byte, because a slash and a combining character behind it are one `Character`.
private let slash = UInt8(ascii: "/")

private struct TrustError: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

extension stat {
    fileprivate func isUnchanged(since earlier: stat) -> Bool {
        st_size == earlier.st_size && st_mtim.tv_sec == earlier.st_mtim.tv_sec
            && st_mtim.tv_nsec == earlier.st_mtim.tv_nsec && st_ctim.tv_sec == earlier.st_ctim.tv_sec
            && st_ctim.tv_nsec == earlier.st_ctim.tv_nsec
    }
}
