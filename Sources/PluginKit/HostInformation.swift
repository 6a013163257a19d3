public import CommandCatalog

/// The host and the agent on it, as the status tells them.
public struct HostInformation: Sendable, Equatable {
    /// What the host is called in topics.
    public let identity: HostIdentity
    /// Other names of the host, such as the full one.
    public let aliases: [String]
    /// The kernel's random name of this boot.
    public let bootID: String
    /// The agent's version.
    public let version: String
    /// When the agent was started.
    public let since: Timestamp

    /// Information of these parts.
    public init(identity: HostIdentity, aliases: [String], bootID: String, version: String, since: Timestamp) {
        self.identity = identity
        self.aliases = aliases
        self.bootID = bootID
        self.version = version
        self.since = since
    }
}
