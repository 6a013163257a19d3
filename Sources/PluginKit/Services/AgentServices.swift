public import CommandCatalog
public import JSON
public import ConfigurationReader

/// What a plugin can ask of the agent that it lives in, and what plugins do for each other.
public protocol AgentServices: Sendable {
    /// The agent's whole status, as it is published.
    var status: JSONObject { get }

    /// All that the agent measures, in Prometheus' text form.
    var metrics: String { get }

    /// Reads the whole configuration as a start would, and changes nothing.
    ///
    /// - Throws: Its mistakes.
    func checkConfiguration() throws(ConfigurationError)

    /// Has the configuration read again, within a second.
    func reload()

    /// How the reading of the configuration went.
    var reading: ConfigurationReading { get }

    /// A pulse for a loop of the plugin's own.
    func pulse(of loop: String) -> Pulse

    /// Who has tasks done; `nil` where nobody does.
    var taskRunner: (any TaskRunner)? { get }

    /// Who replaces configurations; `nil` where nobody does.
    var configurationReplacer: (any ConfigurationReplacer)? { get }
}

/// How the reading of the configuration went while the agent runs.
public struct ConfigurationReading: Sendable, Equatable {
    /// How often it was read after the start.
    public var count: Int
    /// Why what was read last is not in force; `nil`: it is.
    public var error: String?

    /// A reading.
    public init(count: Int, error: String?) { (self.count, self.error) = (count, error) }
}

/// Has tasks done for other plugins of the same agent.
public protocol TaskRunner: Plugin {
    /// Has a task done as if it had come by a topic; nobody is answered, but its result is dispatched to all plugins.
    func run(_ task: TaskMessage)
}

/// Says how configurations are replaced on this host.
///
/// Both calls may come on any thread, and must not wait.
public protocol ConfigurationReplacer: Plugin {
    /// What is run to replace a configuration.
    ///
    /// - Parameters:
    ///   - request: What is asked for.
    ///   - identity: What the task is known by; under it a replacement that was cut off goes on.
    ///   - by: Who asks, for the history.
    ///   - reason: Why.
    ///   - catalog: What may be replaced.
    /// - Returns: The command, and what it reads.
    /// - Throws: The configuration of that service may not be replaced here.
    func preparation(
        of request: ReplaceRequest, identity: TaskDigest, by: String?, reason: String?, in catalog: CommandCatalog
    ) throws(CatalogError) -> ReplacementPreparation

    /// The versions of a service's configuration that are kept; `nil` where nothing is known of it.
    func history(of service: Name) -> JSONObject?
}

/// A command that replaces a configuration, and the file that it reads.
public struct ReplacementPreparation: Sendable, Equatable {
    /// What is run.
    public let command: Command
    /// The file, which is written before the command is started, for the agent's user alone.
    public let file: String
    /// What stands in it.
    public let content: [UInt8]

    /// A preparation.
    public init(command: Command, file: String, content: [UInt8]) {
        (self.command, self.file, self.content) = (command, file, content)
    }
}
