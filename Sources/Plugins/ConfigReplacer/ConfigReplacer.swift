public import CommandCatalog
public import ConfigurationReader
internal import Glibc
public import JSON
internal import Logging
public import PluginKit
internal import Replacement
internal import ServiceLifecycle
internal import Synchronization

/// Has the configurations of services replaced: says what is run for that, finishes what was cut off, and tells what is in
/// force.
///
/// The work itself is done by a process of its own (``Replacer``), under the runner: so neither a restart of the agent nor a
/// configuration that cuts it off ends it half-way.
public final class ConfigReplacer: ConfigurationReplacer, ResultHandler, StatusReporter {
    /// `config-replacer`.
    public static let name = "config-replacer"

    /// Where the predecessor's keys say how collectd is replaced: its files need no other words.
    public static func isImplied(by mainFile: ConfigurationSection) -> Bool {
        let collectd = mainFile["Services"]?.object?["collectd"]?.object
        return ["CommandPath", "ConfigPath", "PIDPath", "ReplacerReportPath"].contains { collectd?[$0] != nil }
    }

    /// The embedded `sample.json`.
    public static var sample: String { String(decoding: PackageResources.sample_json, as: UTF8.self) }

    private let configuration: Configuration
    private let context: PluginContext
    private let versions = Mutex<[String: JSONValue]>([:])

    /// Makes an instance.
    public init(configuration: Configuration, context: PluginContext) {
        self.configuration = configuration
        self.context = context
    }

    /// Finishes what was cut off before this agent came.
    public func run() async throws {
        look()
        finishLeftovers()
        try? await gracefulShutdown()
    }

    /// Looks after what a result may have left: one that was ended from outside had no time to go back.
    public func handle(_ result: TaskResult) async throws {
        look()
        if [.timedOut, .cancelled, .interrupted].contains(result.code) { finishLeftovers() }
    }

    /// `configurations`: the version of each that is in force, as far as it was replaced here.
    public var status: JSONObject {
        let known = versions.withLock { $0 }
        guard !known.isEmpty else { return [:] }
        return ["configurations": .object(JSONObject(known.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))]
    }

    /// The versions of a configuration that are kept, the oldest first.
    public func history(of service: Name) -> JSONObject? {
        let versions = VersionStore(of: service, in: context.stateDirectory).all
        guard !versions.isEmpty else { return nil }
        return ["service": .string(service.text), "versions": .array(versions.map(\.json))]
    }

    private func look() {
        let present = ServiceDirectory.services(in: context.stateDirectory).compactMap { service in
            VersionStore(of: service, in: context.stateDirectory).all.last.map { (service.text, $0.summary) }
        }
        versions.withLock { $0 = Dictionary(present, uniquingKeysWith: { $1 }) }
    }

    private func finishLeftovers() {
        for service in ServiceDirectory.leftovers(in: context.stateDirectory) {
            guard let runner = context.agent.taskRunner else { return }
            context.logger.notice(
                "a replacement was cut off; the old configuration is put in force again",
                metadata: ["service": "\(service)"])
            var generator = SystemRandomNumberGenerator()
            runner.run(
                TaskMessage(
                    taskID: .random(using: &generator), timestamp: context.clock.now,
                    verb: .replace(ReplaceRequest(service: service, change: .finish)),
                    reason: "a replacement was cut off", from: Self.name))
        }
    }
}

// MARK: - What is run

extension ConfigReplacer {
    /// A process of this very program; what it reads holds the whole order.
    public func preparation(
        of request: ReplaceRequest, identity: TaskDigest, by: String?, reason: String?, in catalog: CommandCatalog
    ) throws(CatalogError) -> ReplacementPreparation {
        let definition = try definition(of: request, in: catalog)
        let order = ReplacementOrder(
            request, identity: identity.description, definition: definition, confirmation: .required,
            confirmTime: definition.confirmTime ?? configuration.confirmTime,
            stateDirectory: context.stateDirectory, mostVersions: configuration.mostVersions, by: by, reason: reason)
        let file = "\(context.runtimeDirectory)/replace-\(identity)"
        let command = CommandCatalog.replacement(
            of: request.service, by: [Self.ownProgram, "replace", "--order", file], timeout: order.longestTime)
        return ReplacementPreparation(command: command, file: file, content: order.json.bytes)
    }

    private func definition(
        of request: ReplaceRequest, in catalog: CommandCatalog
    ) throws(CatalogError) -> ConfigurationDefinition {
        let service = request.service
        if service.text == CommandCatalog.reservedService {
            guard configuration.replacesOwn else { throw .notConfigurable(service) }
            return .own(mainFile: configuration.mainFile, program: Self.ownProgram)
        }
        if let definition = catalog.configuration(of: service) { return definition }
        // What was begun is finished as it was begun, whatever the catalog says now.
        if request.change == .finish,
            let begun = ServiceDirectory.definition(ofLeftover: service, in: context.stateDirectory)
        {
            return begun
        }
        if service.text == ReplaceRequest.usualService, let usual = ConfigurationDefinition.collectd { return usual }
        throw catalog.has(service) ? .notConfigurable(service) : .unknownService(service)
    }

    private static let ownProgram: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        // After an upgrade the place is what counts, not the file that was there.
        let deleted = " (deleted)"
        return path.hasSuffix(deleted) ? String(path.dropLast(deleted.count)) : path
    }()
}

extension ConfigurationDefinition {
    /// The agent's own configuration: its main file, and the services beside it.
    fileprivate static func own(mainFile: String, program: String) -> ConfigurationDefinition {
        let slash = mainFile.lastIndex(of: "/") ?? mainFile.startIndex
        let (directory, name) = (mainFile[..<slash], mainFile[mainFile.index(after: slash)...])
        var definition = ConfigurationDefinition(
            places: [
                Place(name: String(name), path: mainFile),
                Place(name: "services.d/", path: "\(directory)/services.d/"),
            ], taking: .agent)
        definition.check = Action(.program([program, "check", "{file}"]), timeout: .seconds(30))
        // It may be starting anew just now.
        definition.startTime = .seconds(30)
        return definition
    }
}
