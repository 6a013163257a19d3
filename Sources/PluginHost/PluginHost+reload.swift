import CommandCatalog
import ConfigurationReader
import Logging
import Synchronization

extension PluginHost {
    /// Reads the configuration again and goes over to it; one with mistakes leaves the old one in force.
    func reload() async {
        defer { state.withLock { $0.reads += 1 } }
        do throws(ConfigurationError) {
            let new = try load()
            state.withLock { $0.reloadError = nil }
            logWarnings(of: new)
            await change(to: new)
            logger.notice("the configuration was read again")
        } catch {
            state.withLock { $0.reloadError = "\(error)" }
            for mistake in error.mistakes {
                logger.error(
                    "the new configuration has a mistake; the old one stays in force",
                    metadata: ["configuration.mistake": "\(mistake)"]
                )
            }
        }
    }

    func logWarnings(of configuration: AgentConfiguration) {
        for warning in configuration.warnings {
            logger.warning("the configuration is used, but", metadata: ["configuration.warning": "\(warning)"])
        }
    }

    private func change(to new: AgentConfiguration) async {
        let old = state.withLock(\.configuration).host
        log.use(new.host.log)
        withdrawTopics(of: old, for: new.host)
        // What is withdrawn has no last word.
        let farewell = old.topics == new.host.topics ? old.topics.map(Presence.farewell) : nil
        await brokers.use(new.host.brokers, farewell: farewell, deadline: StopBudget().flushing)
        await end(goOver(to: new), within: StopBudget())
        use(new)
    }

    /// Hands their new configuration to the instances that take one.
    ///
    /// - Returns: The instances that are not wanted any more as they are, taken out already.
    private func goOver(to new: AgentConfiguration) -> [PluginInstance] {
        var kept: [(blueprint: PluginBlueprint, instance: PluginInstance)] = []
        var ended: [PluginInstance] = []
        for (old, instance) in state.withLock(\.instances) {
            guard let blueprint = new.blueprints.first(where: { $0.key == instance.key }) else {
                ended.append(instance)
                continue
            }
            switch blueprint.change(from: old) {
            case .none: kept.append((blueprint, instance))
            case .remade: ended.append(instance)
            case .reconfigured(let reconfigure):
                reconfigure(instance.plugin)
                kept.append((blueprint, instance))
            }
        }
        state.withLock { state in
            state.instances = kept
            state.failed = [:]
        }
        connect()
        return ended
    }

    /// Clears the retained topics that will not be written any more.
    private func withdrawTopics(of old: HostConfiguration, for new: HostConfiguration) {
        guard let topics = old.topics, topics != new.topics else { return }
        for topic in [topics.online, topics.status, topics.catalog] {
            brokers.announce(topic, [])
        }
    }
}
