/// What may be run: a command of the catalog with its parameters filled in.
///
/// Only ``CommandCatalog/command(for:)`` makes one, and only a `Command` can be run, so no word of a message reaches a
/// process unless the catalog put it there.
public struct Command: Sendable, Equatable {
    /// The service that the command belongs to.
    public let service: Name
    /// The command's name within its service.
    public let name: Name
    /// How the process is started.
    public let invocation: Invocation
    /// The rights, surroundings and bounds of the process.
    public let settings: CommandSettings
    /// Whether a value in the invocation is nobody's business.
    public let hasSecrets: Bool

    init(service: Name, name: Name, invocation: Invocation, settings: CommandSettings, hasSecrets: Bool = false) {
        self.service = service
        self.name = name
        self.invocation = invocation
        self.settings = settings
        self.hasSecrets = hasSecrets
    }
}

/// How a command's process is started.
public enum Invocation: Sendable, Equatable {
    /// The argument vector of a program; the first element is an absolute path. No shell is involved.
    case program([String])
    /// A line for `/bin/sh -c`.
    case shell(String)
    /// A line that needs no shell: executed directly, and given to `/bin/sh -c` where the direct execution fails,
    /// so that exit code and text are the shell's.
    case plain(arguments: [String], line: String)
}

/// The rights, surroundings and bounds of a command's process, as the catalog gives them.
public struct CommandSettings: Sendable, Equatable {
    /// After this time the whole process tree is ended.
    public var timeout: Duration = .seconds(600)
    /// How many bytes of each output stream are kept, half from its head and half from its tail.
    public var output: Int = 256 * 1024
    /// The user (name or decimal id) that the process runs as; `nil`: as the agent does.
    public var user: String?
    /// The group (name or decimal id); `nil`: the user's own group.
    public var group: String?
    /// The working directory, an absolute path.
    public var directory: String = "/"
    /// Variables beside the fixed minimal environment, in the order of the catalog.
    public var environment: [EnvironmentVariable] = []
    /// The file mode creation mask; `nil`: 022.
    public var umask: UInt32?
    /// Resource limits, soft and hard alike.
    public var limits: [ResourceLimit] = []
    /// The capabilities that the process has, and beyond which it can get none; `nil`: those of its user.
    public var capabilities: Capabilities?
    /// Whether no program that it executes may give it more rights, as set-user-ID programs do.
    public var forbidsNewPrivileges = false
    /// Commands with the same lock never run at the same time.
    public var lock: Name?
    /// Whether it is run again when nobody can know how far it came; otherwise that is answered, once.
    public var rerunsWhenInterrupted = false
    /// Whether it is run even when the journal cannot be written, a repetition then being known from memory only.
    public var runsWithoutJournal = false
    /// For how long after a start it is refused; `nil`: not at all.
    public var cooldown: Duration?
    /// Who makes its process.
    public var backend = CommandBackend.runner

    /// The defaults of a command that says nothing.
    public init() {}
}

/// Who makes the process of a command.
public enum CommandBackend: String, Sendable, CaseIterable {
    /// The runner itself: the command lives in a sandbox that is no wider than the runner's.
    case runner
    /// systemd, as a transient unit: the runner needs no rights that a command may need.
    case systemd
}

/// What commands have that say nothing else.
public struct CommandDefaults: Sendable, Equatable {
    /// Their timeout.
    public var timeout: Duration
    /// Whether every one must name its user.
    public var requiresUser: Bool
    /// Who makes their processes.
    public var backend: CommandBackend

    /// Defaults.
    public init(
        timeout: Duration = .seconds(600), requiresUser: Bool = false, backend: CommandBackend = .runner
    ) {
        (self.timeout, self.requiresUser, self.backend) = (timeout, requiresUser, backend)
    }
}

/// One variable of a command's environment.
public struct EnvironmentVariable: Sendable, Equatable {
    /// The name, without `=`.
    public let name: String
    /// The value.
    public let value: String

    /// A variable.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// One resource limit of a command's process (`setrlimit(2)`).
public struct ResourceLimit: Sendable, Equatable {
    /// What is limited.
    public enum Resource: String, Sendable, CaseIterable {
        /// Size of a core file, bytes.
        case core
        /// Processor time, seconds.
        case cpu
        /// Size of a file that is written, bytes.
        case fileSize = "file-size"
        /// Open file descriptors.
        case openFiles = "open-files"
        /// Processes of the user.
        case processes
        /// Address space, bytes.
        case addressSpace = "address-space"
    }

    /// What is limited.
    public let resource: Resource
    /// The most that is allowed, in the resource's unit.
    public let value: UInt64

    /// A limit.
    public init(_ resource: Resource, _ value: UInt64) {
        self.resource = resource
        self.value = value
    }
}

extension CommandCatalog {
    /// The command that replaces a configuration.
    ///
    /// Its words come from the agent itself, never from a message; what was cut off is begun again, because it finds out by
    /// itself how far it had come.
    ///
    /// - Parameters:
    ///   - service: Whose configuration.
    ///   - words: The argument vector.
    ///   - timeout: After this time it is ended.
    /// - Returns: The command.
    public static func replacement(of service: Name, by words: [String], timeout: Duration) -> Command {
        var settings = CommandSettings()
        settings.timeout = timeout
        settings.rerunsWhenInterrupted = true
        return Command(
            service: service, name: Command.replacementName, invocation: .program(words), settings: settings)
    }
}

extension Command {
    /// What the replacement of a configuration is called among the commands of its service.
    static let replacementName: Name = {
        guard let name = Name("config") else { preconditionFailure("a constant that is no name") }
        return name
    }()

    /// Stands for the replacement of a configuration that cannot be had any more: it can be told of, but not run.
    public static func forgotten(_ request: ReplaceRequest) -> Command {
        Command(
            service: request.service, name: replacementName, invocation: .program([]), settings: CommandSettings())
    }

    /// Stands for a command that the catalog does not have any more: it can be told of, but not run.
    ///
    /// - Parameter request: What was asked for when the catalog still had it.
    /// - Returns: The command.
    public static func forgotten(_ request: CommandRequest) -> Command {
        Command(
            service: request.service, name: request.command, invocation: .program([]), settings: CommandSettings())
    }
}
