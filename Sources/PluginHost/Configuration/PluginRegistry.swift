public import PluginKit

/// The plugins that a program has.
public struct PluginRegistry: Sendable {
    /// The plugins in the order in which they are listed.
    public let plugins: [any Plugin.Type]

    /// A registry of these plugins.
    ///
    /// - Precondition: No two have the same name, and at most one stands in the main file itself.
    public init(_ plugins: [any Plugin.Type]) {
        precondition(Set(plugins.map { $0.name }).count == plugins.count, "two plugins have one name")
        precondition(plugins.count { $0.placement == .mainFile } <= 1, "two plugins stand in the main file")
        self.plugins = plugins
    }

    /// The plugin with this name.
    public func plugin(named name: String) -> (any Plugin.Type)? {
        plugins.first { $0.name == name }
    }
}
