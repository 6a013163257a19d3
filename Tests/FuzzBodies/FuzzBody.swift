import Glibc

/// What reads input of others.
///
/// Any bytes may come: a body does no harm with them, and checks what must hold for all.
public enum FuzzBody: String, CaseIterable, Sendable {
    /// A payload of a command topic.
    case task
    /// A main file with its catalog.
    case configuration
    /// A task with `auth`, and whether the host believes it.
    case signature
    /// A journal that somebody damaged.
    case journal
    /// Names of topics, filters and hosts.
    case topic
    /// A policy, and what it says.
    case policy

    /// Tries one input.
    public func run(_ bytes: [UInt8]) {
        switch self {
        case .task: TaskBody.run(bytes)
        case .configuration: ConfigurationBody.run(bytes)
        case .signature: SignatureBody.run(bytes)
        case .journal: JournalBody.run(bytes)
        case .topic: TopicBody.run(bytes)
        case .policy: PolicyBody.run(bytes)
        }
    }

    /// The body that the environment names, for a program that tries one only.
    public static let chosen: FuzzBody =
        getenv("RECOVERD_FUZZ_BODY").flatMap { Self(rawValue: String(cString: $0)) } ?? .task
}

/// Ends the process where something does not hold, so that every fuzzer sees it.
func require(_ holds: Bool, _ what: @autoclosure () -> String) {
    guard !holds else { return }
    let text = Array("does not hold: \(what())\n".utf8)
    _ = write(STDERR_FILENO, text, text.count)
    abort()
}

/// A directory for inputs that must be files; in memory where there is such a place.
enum FuzzDirectory {
    static let path: String = {
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(parent)/recoverd-fuzz-XXXXXX".utf8CString)
        require(mkdtemp(&template) != nil, "mkdtemp in \(parent)")
        let path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } } ?? ""
        atexit { FuzzDirectory.remove() }
        return path
    }()

    /// Removes it with what is in it, two levels deep.
    private static func remove() {
        for directory in ["\(path)/state", path] {
            guard let list = opendir(directory) else { continue }
            while let entry = readdir(list) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                unlink("\(directory)/\(name)")
            }
            closedir(list)
            rmdir(directory)
        }
    }

    /// Writes a file of that directory and returns its path.
    static func write(_ bytes: [UInt8], to name: String) -> String {
        let path = "\(path)/\(name)"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        require(file >= 0, "open \(path)")
        defer { close(file) }
        require(bytes.isEmpty || Glibc.write(file, bytes, bytes.count) == bytes.count, "write \(path)")
        return path
    }
}
