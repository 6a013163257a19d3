import ConfigReplacer
import Load
import PluginHost
import RemoteExecutor

extension PluginRegistry {
    /// The agent's plugins: one line each.
    static let agent = PluginRegistry([
        RemoteExecutor.self,
        Load.self,
        ConfigReplacer.self,
    ])
}
