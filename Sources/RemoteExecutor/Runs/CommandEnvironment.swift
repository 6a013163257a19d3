import CRunner
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
/// without it a process whose supervisor was killed would not be found.
enum CommandEnvironment {
    private static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The variables, as `NAME=value`.
    static func variables(_ settings: CommandSettings, account: Account, run: RunID) -> [String] {
        let base = [
            ("PATH", path), ("LC_CTYPE", "C.UTF-8"), ("HOME", account.home), ("USER", account.name),
            ("LOGNAME", account.name), ("PWD", settings.directory),
        ]
        let extra = settings.environment
        return base.filter { name, _ in !extra.contains { $0.name == name } }.map { "\($0)=\($1)" }
            + ["\(RUNNER_VARIABLE)=\(run.marker)"]
            + extra.filter { $0.name != RUNNER_VARIABLE }.map { "\($0.name)=\($0.value)" }
    }
}
