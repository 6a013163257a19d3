import CommandCatalog
import ConfigurationReader
import JSON
import Logging
import MQTT
import PluginKit
import Synchronization

extension PluginHost {
    /// Goes over to a configuration: ends, changes, makes and starts instances, and joins them anew.
    func use(_ configuration: AgentConfiguration) {
        let kept = state.withLock(\.instances)
        let information = HostInformation.current(configuration.host.identity, version: version, since: since)
        state.withLock { state in
            state.configuration = configuration
            state.information = information
        }
        let wanted = configuration.blueprints.filter { blueprint in !kept.contains { $0.blueprint.key == blueprint.key }
        }
        // The main file's plugin last: what an agent before this one left may need the others.
        let made = (wanted.filter { $0.placement != .mainFile } + wanted.filter { $0.placement == .mainFile })
            .compactMap { blueprint in make(blueprint, information).map { (blueprint: blueprint, instance: $0) } }
        transport.use(configuration.host.tls, now: clock.now)
        connect()
        for (_, instance) in made { instance.start() }
        if let topics = configuration.host.topics {
            brokers.announce(topics.online, Presence.here)
        }
    }

    /// Ends instances, readers first.
    func end(_ instances: [PluginInstance], within budget: StopBudget) async {
        for instance in instances { instance.stopReading() }
        await forAll(instances, for: budget.settling) { await $0.settle(until: $1) }
        await forAll(instances, for: budget.returning) { await $0.stopRunning(until: $1) }
        await forAll(instances, for: budget.draining) { await $0.drain(until: $1) }
    }

    /// Joins the instances with the brokers and with each other.
    func connect() {
        let instances = state.withLock(\.instances).map(\.instance)
        switchboard.connect(instances)
        brokers.subscribe(to: router.connect(instances))
    }

    /// Makes an instance; `nil` when it cannot be made, which the status tells.
    private func make(_ blueprint: PluginBlueprint, _ host: HostInformation) -> PluginInstance? {
        let context = context(of: blueprint, host)
        do {
            let instance = try PluginInstance(key: blueprint.key, context: context, make: blueprint.make)
            state.withLock { state in
                state.failed[blueprint.key] = nil
                state.instances.append((blueprint, instance))
            }
            return instance
        } catch {
            state.withLock { $0.failed[blueprint.key] = "\(error)" }
            context.logger.error(
                blueprint.placement == .mainFile
                    ? "the main plugin cannot be, and without it nothing is taken or run"
                    : "the plugin cannot be; the others go on without it",
                metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func context(of blueprint: PluginBlueprint, _ host: HostInformation) -> PluginContext {
        var logger = log.logger(blueprint.key.description)
        logger[metadataKey: "plugin.name"] = "\(blueprint.key.plugin)"
        if !blueprint.key.instance.isEmpty { logger[metadataKey: "plugin.instance"] = "\(blueprint.key.instance)" }
        return PluginContext(
            logger: logger, clock: clock, dispatcher: switchboard, mqtt: brokers,
            host: host, plugin: blueprint.key.plugin, instance: blueprint.key.instance,
            interval: blueprint.interval, stateDirectory: directories.state, runtimeDirectory: directories.runtime,
            agent: AgentInterior(self, load: load)
        )
    }

    private func forAll(
        _ instances: [PluginInstance], for duration: Duration,
        _ body: @escaping @Sendable (PluginInstance, Duration) async -> Void
    ) async {
        let deadline = clock.uptime + duration
        await withDiscardingTaskGroup { group in
            for instance in instances { group.addTask { await body(instance, deadline) } }
        }
    }
}

extension HostInformation {
    /// What the system says now.
    static func current(_ identity: HostIdentity, version: String, since: Timestamp) -> HostInformation {
        let full = HostIdentity.fullSystemName
        return HostInformation(
            identity: identity, aliases: full == identity.description || full.isEmpty ? [] : [full],
            bootID: BootID.current, version: version, since: since
        )
    }
}
