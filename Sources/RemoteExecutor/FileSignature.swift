internal import Glibc

/// What tells one state of a file from another without reading it.
struct FileSignature: Sendable, Equatable {
    private let path: String
    private let identity: [Int]

    init(_ path: String) {
        self.path = path
        var status = stat()
        guard lstat(path, &status) == 0 else {
            identity = []
            return
        }
        identity = [
            Int(status.st_dev), Int(bitPattern: UInt(status.st_ino)), Int(status.st_size), Int(status.st_mode),
            Int(status.st_uid), status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
            status.st_ctim.tv_nsec,
        ]
    }
}
