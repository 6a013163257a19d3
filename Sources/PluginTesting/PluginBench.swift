internal import CommandCatalog
public import ConfigurationReader
internal import Glibc
internal import JSON
public import PluginKit
internal import ServiceLifecycle

/// One instance of a plugin with stand-ins for all that it can reach.
///
/// ```swift
/// let bench = try PluginBench(Load.self)
/// let metrics = try await bench.read()
/// #expect(metrics.contains { $0.identity.type == "uptime" })
/// ```
public struct PluginBench<Instance: Plugin>: Sendable {
    /// The plugin.
    public let plugin: Instance
    /// What time it is to the plugin.
    public let clock: ManualClock
    /// What it dispatched.
    public let dispatcher: RecordedDispatcher
    /// What it sent to the broker.
    public let mqtt: RecordedPublisher
    /// What it logged.
    public let log: RecordedLog
    /// The agent around it.
    public let agent = RecordedAgent()
    /// What it was given.
    public let context: PluginContext

    /// Makes an instance from what an operator writes.
    ///
    /// - Parameters:
    ///   - type: The plugin.
    ///   - section: The text of its section; the whole main file for a plugin that is placed there.
    ///   - instance: The instance's own name.
    ///   - file: The name of the file, as mistakes show it.
    ///   - host: What the host is called.
    ///   - directory: A directory in which the plugin's state and runtime directories are made; by default these are
    ///     paths of nothing.
    ///   - clock: What time it is.
    /// - Throws: The mistakes of the section as a ``ConfigurationError``, or what the plugin throws.
    public init(
        _ type: Instance.Type = Instance.self, section: String = "{}", instance: String = "",
        file: String = "bench.json", host: String = "bench", directory: String? = nil,
        clock: ManualClock = ManualClock()
    ) throws {
        let identity = try Self.identity(host)
        let (configuration, interval) = try Self.configuration(section, file: file, host: identity)
        try self.init(
            configuration: configuration, interval: interval, instance: instance, host: identity,
            directory: directory, clock: clock
        )
    }

    /// Makes an instance from a configuration that a test has made itself.
    ///
    /// - Throws: What the plugin throws.
    public init(
        _ type: Instance.Type = Instance.self, configuration: Instance.Configuration, host: String = "bench",
        directory: String? = nil, clock: ManualClock = ManualClock()
    ) throws {
        try self.init(
            configuration: configuration, interval: .seconds(10), instance: "", host: try Self.identity(host),
            directory: directory, clock: clock
        )
    }

    /// Reads the plugin's own sample as the agent would.
    ///
    /// - Throws: The mistakes of the sample.
    public static func checkSample() throws(ConfigurationError) {
        let report = ConfigurationReport()
        guard let host = HostIdentity("bench"),
            let document = ConfigurationDocument(file: "sample.json", text: Array(Instance.sample.utf8), report: report)
        else { throw ConfigurationError(report.mistakes) }
        switch Instance.placement {
        case .mainFile:
            _ = Instance.Configuration(document.root, host: host)
            // The host's own key, without which no main file is complete.
            document.root.allow("Host")
        case .plugins:
            guard let section = document.root.section("Plugins")?.required(Instance.name) else { break }
            section.allow("enabled", "interval")
            _ = Instance.Configuration(section, host: host)
        }
        document.reportUnknownKeys()
        try report.finish()
    }

    private init(
        configuration: Instance.Configuration, interval: Duration, instance: String, host: HostIdentity,
        directory: String?, clock: ManualClock
    ) throws {
        (dispatcher, mqtt, log, self.clock) = (RecordedDispatcher(), RecordedPublisher(), RecordedLog(), clock)
        let information = HostInformation(
            identity: host, aliases: [], bootID: "bench-boot", version: "0.0.0", since: clock.now
        )
        context = PluginContext(
            logger: log.logger(Instance.name), clock: clock, dispatcher: dispatcher, mqtt: mqtt, host: information,
            plugin: Instance.name, instance: instance, interval: interval,
            stateDirectory: try Self.directory("state", in: directory),
            runtimeDirectory: try Self.directory("run", in: directory),
            agent: agent
        )
        plugin = try Instance(configuration: configuration, context: context)
    }

    /// Runs the plugin's `run()` while the body works, then shuts it down and waits for it.
    public func whileRunning<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        let group = ServiceGroup(
            services: [plugin], gracefulShutdownSignals: [], cancellationSignals: [], logger: log.logger("run")
        )
        async let running: Void = group.run()
        do {
            let result = try await body()
            await group.triggerGracefulShutdown()
            try await running
            return result
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
    }

    private static func directory(_ name: String, in parent: String?) throws(BenchError) -> String {
        guard let parent else { return "/nonexistent/\(name)" }
        let path = "\(parent)/\(name)"
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw BenchError("\(path): \(String(cString: strerror(errno)))")
        }
        return path
    }

    private static func identity(_ host: String) throws(ConfigurationError) -> HostIdentity {
        guard let identity = HostIdentity(host) else {
            throw ConfigurationError([ConfigurationProblem(file: "bench", message: "\(host) is no host's name")])
        }
        return identity
    }

    private static func configuration(
        _ text: String, file: String, host: HostIdentity
    ) throws(ConfigurationError) -> (Instance.Configuration, Duration) {
        let report = ConfigurationReport()
        guard let document = ConfigurationDocument(file: file, text: Array(text.utf8), report: report) else {
            throw ConfigurationError(report.mistakes)
        }
        document.root.allow("enabled")
        let range: ClosedRange<Duration> = .seconds(1)...(.seconds(86_400))
        let interval = document.root.value("interval", .duration(in: range), default: .seconds(10))
        let configuration = Instance.Configuration(document.root, host: host)
        document.reportUnknownKeys()
        try report.finish()
        guard let configuration else {
            throw ConfigurationError([ConfigurationProblem(file: file, message: "refused without a reason")])
        }
        return (configuration, interval)
    }
}

/// Why a bench cannot be.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension ConfigurationSection {
    /// A section that must be there.
    fileprivate func required(_ key: String) -> ConfigurationSection? {
        if !contains(key) { mistake("needs \"\(key)\"") }
        return section(key)
    }
}
