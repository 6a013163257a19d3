internal import Glibc

/// Whether strangers could change what a program does before it is executed.
///
/// A program may be changed by root, by the user that we are, and by the one that it runs as; by nobody else, and so may
/// every directory on the way, but for a sticky one of root's. Where that holds nothing can be exchanged between the look
/// and the execution either.
public enum ProgramTrust: Equatable, Sendable {
    /// Nobody could; or there is no such program, which the execution itself finds out.
    case trusted
    /// A group could: usual in some places, and worth a word.
    case doubtful(String)
    /// Anybody, or somebody else could.
    case refused(String)

    /// Looks at a program.
    ///
    /// - Parameters:
    ///   - path: Absolute.
    ///   - user: The uid that it runs as.
    public init(of path: String, runAs user: UInt32? = nil) {
        self = .trusted
        guard let resolved = realpath(path, nil) else { return }
        defer { free(resolved) }
        var place = String(cString: resolved)
        while true {
            self = worse(self, Self.look(at: place, runAs: user))
            if case .refused = self { return }
            guard place != "/", let end = place.utf8.lastIndex(of: UInt8(ascii: "/")) else { return }
            place = end == place.startIndex ? "/" : String(place[..<end])
        }
    }

    private static func look(at path: String, runAs user: UInt32?) -> ProgramTrust {
        var status = stat()
        guard lstat(path, &status) == 0 else { return .trusted }
        guard status.st_uid == 0 || status.st_uid == geteuid() || status.st_uid == user else {
            return .refused("\(path) belongs to user \(status.st_uid), who could change it; use: chown root \(path)")
        }
        let isSticky = status.st_mode & S_IFMT == S_IFDIR && status.st_uid == 0 && status.st_mode & S_ISVTX != 0
        if isSticky { return .trusted }
        if status.st_mode & S_IWOTH != 0 {
            return .refused("\(path) may be changed by everybody; use: chmod o-w \(path)")
        }
        if status.st_mode & S_IWGRP != 0, status.st_gid != 0 {
            return .doubtful("\(path) may be changed by group \(status.st_gid); better: chmod g-w \(path)")
        }
        return .trusted
    }
}

private func worse(_ one: ProgramTrust, _ other: ProgramTrust) -> ProgramTrust {
    switch (one, other) {
    case (.refused, _), (.doubtful, .trusted), (.doubtful, .doubtful): one
    default: other
    }
}
