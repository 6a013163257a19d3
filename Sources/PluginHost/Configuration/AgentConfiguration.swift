public import ConfigurationReader
import MQTT

/// Everything that the main file and the files beside it say.
public struct AgentConfiguration: Sendable {
    /// What the operator should know although the configuration is used.
    public let warnings: [ConfigurationProblem]
    let host: HostConfiguration
    let blueprints: [PluginBlueprint]

    /// Reads a main file, the sections of its plugins and whatever files they name.
    ///
    /// - Throws: All mistakes together.
    public static func load(file: String, registry: PluginRegistry) throws(ConfigurationError) -> AgentConfiguration {
        let report = ConfigurationReport()
        guard let trusted = trustedFile(file, report),
            let document = ConfigurationDocument(file: file, text: trusted.bytes, report: report)
        else { throw ConfigurationError(report.mistakes) }
        let identity = HostConfiguration.identity(document.root)
        let host = HostConfiguration(document.root, identity: identity, isWorldReadable: trusted.isWorldReadable)
        let blueprints = PluginSections(registry: registry, host: identity, report: report)
            .blueprints(of: document.root)
        document.reportUnknownKeys()
        try report.finish()
        guard let host else { preconditionFailure("a configuration was refused without a mistake") }
        return AgentConfiguration(warnings: report.warnings, host: host, blueprints: blueprints)
    }

    /// What `check` prints about a good file.
    public var summary: String {
        let names = blueprints.map(\.key.description).joined(separator: ", ")
        let brokers = host.brokers.map(\.address.description).joined(separator: ", ")
        return "\(host.identity) at \(brokers); plugins: \(names.isEmpty ? "none" : names)"
    }

    private static func trustedFile(_ path: String, _ report: ConfigurationReport) -> TrustedFile? {
        do throws(ConfigurationProblem) {
            return try TrustedFile(path)
        } catch {
            report.addMistake(error)
            return nil
        }
    }
}
