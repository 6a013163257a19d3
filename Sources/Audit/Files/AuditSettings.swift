/// Where the audit is written, and how much of it is kept.
public struct AuditSettings: Sendable, Equatable {
    /// The file that is written; older ones stand beside it with `.1`, `.2` …, the oldest with the greatest number.
    public var path: String
    /// The file that says how far the audit goes; best in a directory that those who can write the audit cannot write.
    public var headPath: String
    /// From this size on a file is put aside; it grows by one batch beyond it at most.
    public var largestFile: Int
    /// How many older files are kept, 1 to 1000.
    public var keptFiles: Int
    /// How long a line may wait for the disk, and for the head record.
    public var syncInterval: Duration

    /// Settings; without more words 128 MiB in 8 files, and a second.
    public init(
        path: String, headPath: String, largestFile: Int = 16 * 1024 * 1024, keptFiles: Int = 7,
        syncInterval: Duration = .seconds(1)
    ) {
        self.path = path
        self.headPath = headPath
        self.largestFile = max(1, largestFile)
        self.keptFiles = min(max(1, keptFiles), Self.mostKept)
        self.syncInterval = syncInterval
    }

    /// Older files at most.
    static let mostKept = 1000
}

/// Why the audit cannot be written.
public struct AuditError: Error, Equatable, CustomStringConvertible {
    /// The file, what is wrong with it, and what to do.
    public let description: String

    init(_ path: String, _ message: String) {
        description = "\(path): \(message)"
    }
}
