import Digest
import Files
import Glibc

/// What a file was at a moment.
struct FileSnapshot: Sendable, Equatable {
    var bytes: [UInt8]
    var rights: FileRights

    /// The largest file that is kept, 16 MiB.
    static let largestSize = 16 << 20

    /// The SHA-256 of its bytes.
    var digest: String { SHA256(of: bytes).description }

    /// A snapshot of these parts.
    init(bytes: [UInt8], rights: FileRights) { (self.bytes, self.rights) = (bytes, rights) }

    /// Looks at a file; `nil` where there is none.
    ///
    /// - Throws: It is a link, no regular file, too large, or cannot be read.
    init?(of path: String) throws(FileFailure) {
        // Without O_NONBLOCK the opening of a FIFO would wait for a writer.
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            if errno == ELOOP {
                throw FileFailure(path, "is a symbolic link; have the catalog name the file that it leads to")
            }
            throw FileFailure(path, cannotBe: "opened", errno: errno)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw FileFailure(path, cannotBe: "read", errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileFailure(path, "is no regular file") }
        guard status.st_size <= Self.largestSize else {
            throw FileFailure(path, "has \(status.st_size) bytes; at most \(Self.largestSize) are kept")
        }
        bytes = try Self.content(of: file, size: Int(status.st_size), path)
        rights = FileRights(user: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o7777)
    }

    private static func content(of file: Int32, size: Int, _ path: String) throws(FileFailure) -> [UInt8] {
        var (failure, bytes): (Int32, [UInt8]) = (0, [])
        bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = pread(file, buffer.baseAddress.map { $0 + count }, size - count, off_t(count))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else {
                    failure = got < 0 ? errno : 0
                    return
                }
                count += got
            }
        }
        guard failure == 0 else { throw FileFailure(path, cannotBe: "read", errno: failure) }
        return bytes
    }
}

extension stat {
    /// When the file was written last, in seconds since 1970.
    var modificationTime: Int64 { Int64(st_mtim.tv_sec) }
}
