import Glibc
import TestSupport

/// A mounted file system of which nobody answers: whoever goes there waits until he is killed.
final class DeadFileServer: Sendable {
    /// Where it is mounted.
    let path: String
    private let directory: TemporaryDirectory
    private let requests: CInt

    /// Whether this process may mount one; tried once.
    static let isAllowed: Bool = (try? DeadFileServer()) != nil

    /// Mounts it.
    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path("dead")
        mkdir(path, 0o700)
        // A file system in user space whose user never reads a request.
        requests = open("/dev/fuse", O_RDWR | O_CLOEXEC)
        guard requests >= 0 else { throw SystemFailure("open /dev/fuse", errno) }
        let options = "fd=\(requests),rootmode=40000,user_id=0,group_id=0"
        guard mount("dead", path, "fuse", 0, options) == 0 else {
            let code = errno
            close(requests)
            throw SystemFailure("mount", code)
        }
    }

    deinit {
        umount2(path, CInt(MNT_DETACH))
        close(requests)
    }
}
