internal import ConfigurationReader
internal import Glibc

/// Files that only their owner may write, and read where nothing else is said; written whole or not at all.
enum PrivateFile {
    /// What everybody may read, such as a public key: an agent need not run as the owner.
    static let publicMode: mode_t = 0o644
    /// What only its owner may read.
    private static let privateMode: mode_t = 0o600

    /// Writes a file that does not exist yet.
    static func create(_ path: String, text: String, mode: mode_t = privateMode) throws(ConfigurationProblem) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw problem(path, errno == EEXIST ? "is there already; it is not overwritten" : failure("created"))
        }
        defer { close(descriptor) }
        // Whatever the umask.
        guard write(text, to: descriptor), fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else {
            let problem = problem(path, failure("written"))
            unlink(path)
            throw problem
        }
        try syncDirectory(above: path)
    }

    /// Writes a file in place of the one that is there, in one step.
    static func replace(_ path: String, text: String, mode: mode_t = privateMode) throws(ConfigurationProblem) {
        let draft = "\(path).\(getpid()).new"
        // What a process of the same number left behind when it was killed.
        unlink(draft)
        try create(draft, text: text, mode: mode)
        guard rename(draft, path) == 0 else {
            let problem = problem(path, failure("replaced"))
            unlink(draft)
            throw problem
        }
        try syncDirectory(above: path)
    }

    /// Makes the directories above a file that are not there, for their owner only where nothing else is said.
    static func makeDirectories(above path: String, mode: mode_t = 0o700) throws(ConfigurationProblem) {
        var missing: [String] = []
        var directory = parent(of: path)
        while access(directory, F_OK) != 0, errno == ENOENT {
            missing.append(directory)
            directory = parent(of: directory)
        }
        for directory in missing.reversed() where mkdir(directory, mode) != 0 && errno != EEXIST {
            throw problem(directory, failure("made"))
        }
    }

    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }

    /// Without it a power cut may take the name away again.
    private static func syncDirectory(above path: String) throws(ConfigurationProblem) {
        let directory = parent(of: path)
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw problem(directory, failure("opened")) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw problem(directory, failure("written")) }
    }

    /// Whether there is something of this name, be it a link that leads nowhere.
    static func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    private static func parent(of path: String) -> String {
        let end = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        return end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    private static func failure(_ verb: String) -> String {
        "cannot be \(verb): \(String(cString: strerror(errno)))"
    }

    private static func problem(_ path: String, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(file: path, message: message)
    }
}
