public import CommandCatalog
public import ConfigurationReader

/// What the operator writes about one instance of a plugin.
///
/// The doc comment of the initializer is the reference of the keys: name, type, default, range.
public protocol PluginConfiguration: Sendable {
    /// Reads the section key by key; `nil` when it cannot be used, which the section then has reported.
    ///
    /// - Parameters:
    ///   - section: The section. The host has taken out its own keys, `enabled` and `interval`.
    ///   - host: The host's identity, for `%h` in topics and paths.
    init?(_ section: ConfigurationSection, host: HostIdentity)
}
