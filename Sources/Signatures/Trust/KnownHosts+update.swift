public import ConfigurationReader
internal import Files

extension KnownHosts {
    /// Where a user's file is: `known-hosts.json` in `recoverd`, below `$XDG_CONFIG_HOME` or else `~/.config`.
    ///
    /// - Parameter environment: The value of a variable of the environment.
    /// - Returns: The path; `nil` for who has neither, nor a home.
    public static func defaultPath(environment: (String) -> String?) -> String? {
        let home = environment("HOME").flatMap { $0.isEmpty ? nil : "\($0)/.config" }
        // A relative one does not count (XDG Base Directory Specification).
        let configuration = environment("XDG_CONFIG_HOME").flatMap { $0.utf8.first == UInt8(ascii: "/") ? $0 : nil }
        return (configuration ?? home).map { "\($0)/recoverd/known-hosts.json" }
    }

    /// Reads a file, changes what it says, and writes it if that is another thing now; nobody else does so meanwhile.
    ///
    /// Whoever changes the file holds a lock on the file `<path>.lock` beside it, which stays. Directories on the way
    /// are made, for their owner only.
    ///
    ///     let sight = try KnownHosts.update(file: path) { $0.see(key, of: host) }
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - patience: How long to wait for others who hold the lock.
    ///   - change: What to do; it may be long, but others wait.
    /// - Returns: What the change returns.
    /// - Throws: All that is wrong with the file, or why it cannot be locked or written; then it is as before.
    @discardableResult
    public static func update<Result>(
        file path: String, patience: Duration = .seconds(5), _ change: (inout KnownHosts) -> Result
    ) throws(ConfigurationError) -> Result {
        let lock = try ConfigurationError.passing { () throws(FileFailure) in
            try FileTree.make(FileTree.parent(of: path))
            return try FileLock("\(path).lock", patience: patience)
        }
        return try withExtendedLifetime(lock) { () throws(ConfigurationError) in try changed(path, change) }
    }

    private static func changed<Result>(
        _ path: String, _ change: (inout KnownHosts) -> Result
    ) throws(ConfigurationError) -> Result {
        let before = try KnownHosts(file: path)
        var hosts = before
        let result = change(&hosts)
        guard hosts != before else { return result }
        do throws(ConfigurationProblem) {
            try hosts.write(to: path)
        } catch {
            throw ConfigurationError([error])
        }
        return result
    }
}
