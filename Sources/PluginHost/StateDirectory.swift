import Glibc

/// The directory for what must outlive the agent.
enum StateDirectory {
    /// Makes the directory if it is missing, for the agent's user alone.
    ///
    /// - Throws: Why it cannot be used.
    static func prepare(_ path: String) throws(StartError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw StartError("the state directory \(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw StartError("the state directory \(path) is no directory")
        }
        guard status.st_uid == geteuid(), status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw StartError(
                "the state directory \(path) must belong to user \(geteuid()) and be writable by nobody else"
            )
        }
    }
}
