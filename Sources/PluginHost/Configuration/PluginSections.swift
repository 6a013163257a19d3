import CommandCatalog
import ConfigurationReader
import PluginKit

/// Reads what the main file says about plugins.
struct PluginSections {
    private let registry: PluginRegistry
    private let host: HostIdentity
    private let report: ConfigurationReport

    init(registry: PluginRegistry, host: HostIdentity, report: ConfigurationReport) {
        self.registry = registry
        self.host = host
        self.report = report
    }

    /// The instances that are switched on, the main file's own first.
    func blueprints(of root: ConfigurationSection) -> [PluginBlueprint] {
        let sections = root.section("Plugins")?.sections() ?? []
        let own = registry.plugins.first { $0.placement == .mainFile }
        let isOwnEnabled = sections.first { $0.name == own?.name }.map { Switch($0.section).isEnabled } ?? true
        // What is switched off is read too, so that it has no mistakes on the day it is switched on.
        let ownBlueprint = own.flatMap { blueprint($0, InstanceKey(plugin: $0.name), Switch.defaultInterval, root) }
        return [isOwnEnabled ? ownBlueprint : nil].compactMap { $0 } + sections.compactMap(blueprint)
            + implied(by: root, beside: sections.map(\.name))
    }

    /// The instances that are not named, and needed all the same.
    private func implied(by root: ConfigurationSection, beside names: [String]) -> [PluginBlueprint] {
        let named = names.compactMap { InstanceKey(section: $0)?.plugin }
        return registry.plugins.filter { plugin in
            plugin.placement == .plugins && !named.contains(plugin.name) && plugin.isImplied(by: root)
        }.compactMap { plugin in
            blueprint(
                plugin, InstanceKey(plugin: plugin.name), Switch.defaultInterval,
                root.absentSection("Plugins").absentSection(plugin.name))
        }
    }

    private func blueprint(of name: String, _ section: ConfigurationSection) -> PluginBlueprint? {
        guard let key = InstanceKey(section: name) else {
            refuse(section, "the name of an instance has letters, digits, \"_\", \".\" and \"-\", at most 64 of them")
            return nil
        }
        guard let plugin = registry.plugin(named: key.plugin) else {
            refuse(section, unknown(key.plugin))
            return nil
        }
        let `switch` = Switch(section)
        guard plugin.placement == .plugins else {
            if !key.instance.isEmpty {
                refuse(section, "there is one \(plugin.name) only; leave out \"/\(key.instance)\"")
            }
            return nil
        }
        let result = blueprint(plugin, key, `switch`.interval, section)
        return `switch`.isEnabled ? result : nil
    }

    private func blueprint(
        _ plugin: any Plugin.Type, _ key: InstanceKey, _ interval: Duration, _ section: ConfigurationSection
    ) -> PluginBlueprint? {
        let mistakes = report.mistakes.count
        let result = PluginBlueprint(plugin, key: key, interval: interval, section: section, host: host)
        if result == nil, report.mistakes.count == mistakes { section.mistake("cannot be used as it is") }
        return result
    }

    /// Reports a section, and nothing of what stands in it.
    private func refuse(_ section: ConfigurationSection, _ message: String) {
        section.mistake(message)
        for name in section.names() { section.allow(name) }
    }

    private func unknown(_ name: String) -> String {
        let known = registry.plugins.map { $0.name }
        let hint = NearestName(of: name, among: known).nearest.map { "; did you mean \"\($0)\"?" } ?? ";"
        return "unknown plugin\(hint) Known here: \(known.isEmpty ? "none" : known.sorted().joined(separator: ", "))"
    }
}

/// The keys of every plugin's section that the host itself reads.
private struct Switch {
    static let defaultInterval = Duration.seconds(10)

    let isEnabled: Bool
    let interval: Duration

    /// - `enabled`: `true` or `false`; default `true`.
    /// - `interval`: how often the instance is read, 1s to 1d; default 10s.
    init(_ section: ConfigurationSection) {
        isEnabled = section.value("enabled", .bool, default: true)
        interval = section.value(
            "interval", .duration(in: .seconds(1)...(.seconds(86_400))), default: Self.defaultInterval
        )
    }
}
