import ConfigurationReader
import Load
import PluginHost
import RemoteExecutor

/// A main file is taken whole, or refused with at least one mistake.
enum ConfigurationBody {
    private static let registry = PluginRegistry([RemoteExecutor.self, Load.self])

    static func run(_ bytes: [UInt8]) {
        let path = FuzzDirectory.write(bytes, to: "main.json")
        do throws(ConfigurationError) {
            let configuration = try AgentConfiguration.load(file: path, registry: registry)
            require(!configuration.summary.isEmpty, "a summary has words")
        } catch {
            require(!error.mistakes.isEmpty, "a refusal has its mistakes")
        }
    }
}
