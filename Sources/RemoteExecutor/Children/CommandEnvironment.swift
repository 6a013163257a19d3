import CommandCatalog

/// The environment of a command, the same whatever the agent was started with.
///
/// - `PATH`: `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`
/// - `LC_CTYPE`: `C.UTF-8`, for text is UTF-8 and all else plain; `LANG` would say the same of a dozen categories, whose
///   files every program would load: 0.4 ms of an `echo` of 0.5
/// - `HOME`, `USER`, `LOGNAME`: of the user that the command runs as
/// - `PWD`: its working directory, as a shell would have it (so that a command without a shell sees the same)
/// - `RECOVERD_RUN`: ``RunID/marker``
///
/// After these come the variables of the catalog, which replace the above; only `RECOVERD_RUN` stays ours, because
/// without it a process that left its session would not be found at a time-out.
enum CommandEnvironment {
    private static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Writes the environment into `vector`; false where a variable contains NUL.
    static func write(_ settings: CommandSettings, account: Account, run: RunID, to vector: StringVector) -> Bool {
        vector.removeAll()
        let extra = settings.environment
        func base(_ name: String, _ value: String) -> Bool {
            extra.contains { $0.name == name } || vector.append(name, "=", value)
        }
        guard base("PATH", path), base("LC_CTYPE", "C.UTF-8"), base("HOME", account.home), base("USER", account.name),
            base("LOGNAME", account.name), base("PWD", settings.directory),
            vector.append(RunID.variable, "=", run.marker)
        else { return false }
        return extra.allSatisfy { $0.name == RunID.variable || vector.append($0.name, "=", $0.value) }
    }
}
