public import CommandCatalog
public import ConfigurationReader
internal import Glibc
public import PluginKit

extension ConfigReplacer {
    /// What the operator writes about the plugin.
    public struct Configuration: PluginConfiguration {
        /// Within which time a broker must be reached with a new configuration.
        let confirmTime: Duration
        /// How many versions of each configuration are kept.
        let mostVersions: Int
        /// Whether the agent's own configuration may be replaced, and with it the catalog.
        let replacesOwn: Bool
        /// The agent's main file.
        let mainFile: String

        /// Reads the section.
        ///
        /// - `confirm` (duration, `"60s"`, `"5s"` to `"1h"`): within which time the agent must reach a broker with a new
        ///   configuration; services may say otherwise.
        /// - `versions` (10, 2 to 1000): how many versions of each configuration are kept.
        /// - `own_configuration` (false): whether the agent's own files may be replaced, `services.d` included. Whoever may do
        ///   that may run anything.
        public init?(_ section: ConfigurationSection, host: HostIdentity) {
            confirmTime = section.value(
                "confirm", .duration(in: .seconds(5)...(.seconds(3600))), default: .seconds(60))
            mostVersions = section.value("versions", .integer(in: 2...1000), default: 10)
            replacesOwn = section.value("own_configuration", .bool, default: false)
            mainFile = Self.absolute(section.file)
        }

        /// A replacement is another process, which works elsewhere.
        private static func absolute(_ path: String) -> String {
            guard let resolved = realpath(path, nil) else { return path }
            defer { free(resolved) }
            return String(cString: resolved)
        }
    }
}
