import Glibc

/// Space on the disk that is kept for the day when there is no other.
struct Ballast: Sendable {
    private let path: String
    private let directory: String
    private let size: Int
    /// Whether the space is held.
    private(set) var isHeld = false

    /// Takes over what an earlier agent has left, or makes it if there is room.
    init(directory: String, size: Int) {
        path = directory + "/journal.ballast"
        self.directory = directory
        self.size = size
        var status = stat()
        // Blocks of 512 bytes: a file with holes holds nothing.
        isHeld = lstat(path, &status) == 0 && status.st_size == size && status.st_blocks * 512 >= size
        make()
    }

    /// Makes it where it is missing and the file system has four times its size to spare.
    ///
    /// - Returns: Whether it is held now.
    @discardableResult
    mutating func make() -> Bool {
        guard size > 0, !isHeld, StateFile.room(in: directory) >= 4 * size else { return isHeld }
        unlink(path)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        isHeld = posix_fallocate(file, 0, off_t(size)) == 0
        if !isHeld { unlink(path) }
        return isHeld
    }

    /// Gives the space to whoever needs it.
    ///
    /// - Returns: Whether there was any.
    mutating func release() -> Bool {
        guard isHeld else { return false }
        isHeld = false
        return unlink(path) == 0
    }
}
