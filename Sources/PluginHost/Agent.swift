import CommandCatalog
import ConfigurationReader
import Glibc
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// The life of the program: signals from outside, the host inside.
public struct Agent: Sendable {
    private let file: String
    private let waits: Bool
    private let stateDirectory: String
    private let runtimeDirectory: String
    private let registry: PluginRegistry

    /// An agent of these parts.
    ///
    /// - Parameters:
    ///   - configuration: The path of the main file.
    ///   - waits: Whether to wait for the main file where there is none yet.
    ///   - state: The directory for what must outlive the agent.
    ///   - runtime: The directory for what must outlive the agent, but not this boot of the host.
    ///   - registry: The plugins of the program.
    public init(configuration: String, waits: Bool, state: String, runtime: String, registry: PluginRegistry) {
        file = configuration
        self.waits = waits
        stateDirectory = state
        runtimeDirectory = runtime
        self.registry = registry
    }

    /// Runs until TERM or INT; HUP reads the configuration again, USR1 writes to the log all that is known.
    ///
    /// It is called on the main thread before anything concurrent has begun, because the concurrency runtime opens
    /// descriptors, and those must not take the numbers of closed standard ones.
    ///
    /// - Throws: The mistakes of the configuration, or why this process cannot be an agent.
    public func run() throws {
        try Surroundings.prepare()
        let end = End()
        Task.detached { [self] in
            do {
                try await live()
                end.come(nil)
            } catch {
                end.come(error)
            }
        }
        if let error = end.wait() { throw error }
    }

    private func live() async throws {
        let load = { @Sendable [file, registry] () throws(ConfigurationError) in
            try AgentConfiguration.load(file: file, registry: registry)
        }
        let (log, manager) = (AgentLog(), ServiceManager())
        let configuration: AgentConfiguration
        if waits, access(file, F_OK) != 0, errno == ENOENT {
            let awaited = AwaitedConfiguration(file: file, manager: manager, logger: log.logger("agent"), load: load)
            guard let come = await awaited.wait() else { return }
            configuration = come
        } else {
            configuration = try load()
        }
        let directories = try AgentDirectories.prepare(state: stateDirectory, runtime: runtimeDirectory)
        let host = PluginHost(
            configuration, log: log, directories: directories, version: ProgramVersion.current, manager: manager,
            load: load)
        // Before anything starts, so that no signal finds the agent unprepared.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup, .sigusr1)
        let group = ServiceGroup(
            services: [host], gracefulShutdownSignals: [], cancellationSignals: [], logger: log.logger("agent")
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await Self.handle(signals, host, group) }
            try await group.run()
            // The signals never end by themselves.
            tasks.cancelAll()
        }
    }

    private static func handle(_ signals: UnixSignalsSequence, _ host: PluginHost, _ group: ServiceGroup) async {
        var isStopping = false
        for await signal in signals {
            switch signal {
            case .sighup: host.requestReload()
            case .sigusr1: host.writeDump()
            case _ where isStopping: _exit(128 + signal.rawValue)
            default:
                isStopping = true
                await group.triggerGracefulShutdown()
            }
        }
    }
}

/// The end of the agent, for which the main thread waits.
private final class End: Sendable {
    private let error = Mutex<(any Error)?>(nil)
    private let hasCome = Semaphore()

    func come(_ error: (any Error)?) {
        self.error.withLock { $0 = error }
        hasCome.post()
    }

    func wait() -> (any Error)? {
        hasCome.wait()
        return error.withLock { $0 }
    }
}
