import CommandCatalog
import ConfigurationReader
import PluginKit

extension FileAge {
    struct Configuration: PluginConfiguration {
        let path: String
        let oldest: Duration

        /// - `path` (path, needed): the file.
        /// - `oldest` (duration, `"1d"`, `"1s"` to `"30d"`): the age at which it is too old.
        init?(_ section: ConfigurationSection, host: HostIdentity) {
            oldest = section.value(
                "oldest", .duration(in: .seconds(1)...(.seconds(30 * 86_400))), default: .seconds(86_400))
            guard let path = section.required("path", .path(on: host)) else { return nil }
            self.path = path
        }
    }
}
