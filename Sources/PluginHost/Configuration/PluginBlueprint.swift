import CommandCatalog
import ConfigurationReader
import JSON
import PluginKit

/// One instance as it is configured: all that is needed to make it.
struct PluginBlueprint: Sendable {
    let key: InstanceKey
    let interval: Duration
    let placement: SectionPlacement
    /// Makes the instance.
    let make: @Sendable (PluginContext) throws -> any Plugin
    /// Hands the configuration to a running instance; `nil` when the plugin must be made anew instead.
    let reconfigure: (@Sendable (any Plugin) -> Void)?

    private let written: JSONObject
    private let identity: HostIdentity

    /// Reads the section of an instance; `nil` when it cannot be used, which has been reported.
    init?<P: Plugin>(
        _ plugin: P.Type, key: InstanceKey, interval: Duration, section: ConfigurationSection, host: HostIdentity
    ) {
        guard let configuration = P.Configuration(section, host: host) else { return nil }
        self.key = key
        self.interval = interval
        make = { context in try P(configuration: configuration, context: context) }
        reconfigure = (P.self as? any Reconfigurable.Type).map { Self.reconfiguration(of: $0, configuration) }
        written = section.object
        identity = host
        placement = P.placement
    }

    /// What becomes of a running instance when this comes in place of its blueprint.
    func change(from old: PluginBlueprint) -> Change {
        // Contexts hold the identity and the interval, and a context is given once.
        guard old.identity == identity, old.interval == interval else { return .remade }
        // The main file's plugin may read files beside it, which are not seen here.
        if placement == .plugins, old.written == written { return .none }
        return reconfigure.map { .reconfigured($0) } ?? .remade
    }

    enum Change {
        case none
        case reconfigured(@Sendable (any Plugin) -> Void)
        case remade
    }

    private static func reconfiguration<R: Reconfigurable>(
        of plugin: R.Type, _ configuration: any PluginConfiguration
    ) -> @Sendable (any Plugin) -> Void {
        { instance in
            guard let instance = instance as? R, let configuration = configuration as? R.Configuration else {
                preconditionFailure("an instance of \(R.name) was given another plugin's configuration")
            }
            instance.reconfigure(configuration)
        }
    }
}
