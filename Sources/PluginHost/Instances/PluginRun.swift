import ConfigurationReader
import Logging
import PluginKit
import ServiceLifecycle
import Synchronization

/// Keeps an instance's `run()` going until it is asked to return.
final class PluginRun: Sendable {
    private let instance: PluginInstance
    private let group: ServiceGroup

    init(_ instance: PluginInstance) {
        self.instance = instance
        // The group's own words about services say nothing that we do not say; its errors cannot happen.
        var quiet = instance.context.logger
        quiet.logLevel = .critical
        group = ServiceGroup(
            services: [RestartedService(instance: instance)], gracefulShutdownSignals: [], cancellationSignals: [],
            logger: quiet
        )
    }

    func run() async {
        do {
            try await group.run()
        } catch {
            // The service throws nothing: the group reports its own misuse, which ends this instance only.
            instance.context.logger.error("the plugin cannot run", metadata: ["error": "\(error)"])
        }
    }

    func askToReturn() async {
        await group.triggerGracefulShutdown()
    }
}

/// A service that ends only when it is asked to: what it runs is started again when it throws or returns early.
private struct RestartedService: Service {
    let instance: PluginInstance

    func run() async throws {
        let (clock, record) = (instance.context.clock, instance.record)
        var delay = RestartDelay()
        while true {
            record.runBegan()
            let started = clock.uptime
            let reason = await runOnce()
            if Task.isShuttingDownGracefully { return }
            let wait = delay.next(afterRunningFor: clock.uptime - started)
            record.runEnded(error: reason)
            instance.context.logger.error(
                "the plugin's run() ended before it was asked to; it is started again",
                metadata: ["error": "\(reason)", "in": "\(DurationText(wait))"]
            )
            await cancelWhenGracefulShutdown { try? await clock.sleep(for: wait) }
            if Task.isShuttingDownGracefully { return }
        }
    }

    private func runOnce() async -> String {
        do {
            let plugin = instance.plugin
            try await withTaskExecutorPreference(instance.thread) { try await plugin.run() }
            return "it returned"
        } catch {
            return "\(error)"
        }
    }
}
