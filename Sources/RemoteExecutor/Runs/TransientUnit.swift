import CommandCatalog
import Glibc

/// A command as a transient unit of systemd's: the words by which `recoverd-unit` has it started, and waits for its end.
///
/// To the runner these words are the command. All that it would do to a process of its own is asked of systemd instead,
/// so the runner needs none of the rights that a command may need.
struct TransientUnit {
    /// The name of the unit.
    let name: String
    private let settings: CommandSettings
    private let identity: Identity?
    private let grace: Duration

    /// The unit of a run.
    init(_ run: RunID, _ settings: CommandSettings, _ identity: Identity?, grace: Duration) {
        name = "recoverd-run-\(run.marker).service"
        (self.settings, self.identity, self.grace) = (settings, identity, grace)
    }

    /// systemd's SIGKILL comes before that of the supervisor, which would leave the unit alone.
    private static let margin = Duration.seconds(1)

    /// The words of the program.
    func words(_ program: String, for command: [String]) -> [String] {
        let stop = max(grace - Self.margin, .milliseconds(100))
        let most = settings.timeout + grace + Self.margin * 5
        var words = [
            program, "--unit", name, "--directory", settings.directory, "--umask", "\(settings.umask ?? 0o022)",
            "--stop", "\(stop.wholeMilliseconds * 1000)", "--most", "\(most.wholeMilliseconds * 1000)",
        ]
        if let identity {
            words += ["--user", "\(identity.user)", "--group", "\(identity.group)"]
            words += identity.groups.flatMap { ["--also", "\($0)"] }
        }
        words += settings.limits.flatMap { ["--limit", "\($0.resource.unitProperty)=\($0.value)"] }
        if let capabilities = settings.capabilities { words += ["--capabilities", "\(capabilities.bits)"] }
        if settings.forbidsNewPrivileges { words.append("--no-new-privileges") }
        return words + ["--"] + command
    }
}

extension ResourceLimit.Resource {
    /// The name of the property (systemd.exec(5)).
    fileprivate var unitProperty: String {
        switch self {
        case .core: "LimitCORE"
        case .cpu: "LimitCPU"
        case .fileSize: "LimitFSIZE"
        case .openFiles: "LimitNOFILE"
        case .processes: "LimitNPROC"
        case .addressSpace: "LimitAS"
        }
    }
}
