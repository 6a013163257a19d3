import Glibc

/// The directories that are the agent's own.
public struct AgentDirectories: Sendable, Equatable {
    /// For what must outlive the agent.
    public let state: String
    /// For what must outlive the agent, but not this boot of the host.
    public let runtime: String

    /// Directories that are there already, by their absolute paths.
    public init(state: String, runtime: String) {
        self.state = state
        self.runtime = runtime
    }

    /// Makes what is missing, for the agent's user alone.
    ///
    /// - Throws: Why one of them cannot be used.
    static func prepare(state: String, runtime: String) throws(StartError) -> AgentDirectories {
        AgentDirectories(state: try prepare(state, "state"), runtime: try prepare(runtime, "runtime"))
    }

    private static func prepare(_ path: String, _ name: String) throws(StartError) -> String {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw StartError("the \(name) directory \(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw StartError("the \(name) directory \(path) is no directory")
        }
        guard status.st_uid == geteuid(), status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw StartError(
                "the \(name) directory \(path) must belong to user \(geteuid()) and be writable by nobody else"
            )
        }
        // Others are told of it who work elsewhere.
        guard let resolved = realpath(path, nil) else {
            throw StartError("the \(name) directory \(path) cannot be found: \(String(cString: strerror(errno)))")
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
