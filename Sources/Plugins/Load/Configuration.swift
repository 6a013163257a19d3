public import CommandCatalog
public import ConfigurationReader
public import PluginKit

extension Load {
    /// What the operator writes about the plugin.
    public struct Configuration: PluginConfiguration {
        /// Where the kernel's files are.
        let procfs: String
        /// The file system whose use is measured.
        let rootPath: String

        /// Reads the section; it has no keys of its own.
        public init?(_ section: ConfigurationSection, host: HostIdentity) {
            self.init()
        }

        /// The kernel's files elsewhere, for tests.
        init(procfs: String = "/proc", rootPath: String = "/") {
            self.procfs = procfs
            self.rootPath = rootPath
        }
    }
}
