import CommandCatalog
import ConfigReplacer
import ConfigurationReader
import Glibc
import JSON
import PluginKit
import PluginTesting
import Replacement
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// What the plugin says is run, and what it looks after.
@Suite struct ConfigReplacerTests {
    private let directory: TemporaryDirectory
    private let main: String

    init() throws {
        directory = try TemporaryDirectory()
        main = try directory.write("{}", to: "main.json")
    }

    private func bench(_ section: String = "{}") throws -> PluginBench<ConfigReplacer> {
        try PluginBench(section: section, file: main, directory: directory.path)
    }

    private static func catalog(_ services: String) throws -> CommandCatalog {
        let report = ConfigurationReport()
        let text = Array("{\"Services\":\(services)}".utf8)
        let document = try #require(ConfigurationDocument(file: "/nonexistent/main.json", text: text, report: report))
        let catalog = CatalogReader.read(document.root, defaults: CommandDefaults(timeout: .seconds(1)))
        document.reportUnknownKeys()
        try #require(report.mistakes.isEmpty, "\(report.mistakes)")
        return catalog
    }

    private func order(
        _ service: String, _ services: String = "{}", section: String = "{}",
        change: ReplaceRequest.Change = .text("x")
    ) throws -> (ReplacementOrder, ReplacementPreparation) {
        let name = try #require(Name(service))
        let task = TaskMessage(
            taskID: .integer(1), timestamp: Timestamp(seconds: 0),
            verb: .replace(ReplaceRequest(service: name, change: change)))
        let preparation = try bench(section).plugin.preparation(
            of: try #require(task.replacement), identity: task.digest, by: "ann", reason: "why",
            in: try Self.catalog(services))
        let order = try #require(ReplacementOrder(json: try JSONText(preparation.content).value))
        #expect(order.identity == task.digest.description)
        return (order, preparation)
    }

    @Test func orderHoldsAllThatIsSaid() throws {
        let (order, preparation) = try order(
            "s", #"{"s":{"configuration":{"path":"/etc/s.conf","check":"true"}}}"#,
            section: #"{"confirm":"9s","versions":3}"#)
        #expect(order.confirmTime == .seconds(9) && order.mostVersions == 3 && order.confirmation == .required)
        #expect(order.by == "ann" && order.reason == "why")
        #expect(order.stateDirectory == directory.path("state"))
        #expect(order.definition.places.map(\.path) == ["/etc/s.conf"])
        #expect(preparation.file.hasPrefix(directory.path("run/replace-")))
        guard case .program(let words) = preparation.command.invocation else { return #expect(Bool(false)) }
        #expect(words.dropFirst() == ["replace", "--order", preparation.file])
        #expect(preparation.command.settings.rerunsWhenInterrupted)
        // Long enough for all of it forward and back.
        #expect(preparation.command.settings.timeout > .seconds(60))
    }

    @Test func serviceHasTheLastWordAboutItsTime() throws {
        let (order, _) = try order(
            "s", #"{"s":{"configuration":{"path":"/etc/s.conf","check":"true","confirm":"7s"}}}"#)
        #expect(order.confirmTime == .seconds(7))
    }

    @Test func whatIsNotRegisteredIsNotReplaced() throws {
        let services = #"{"plain":{"commands":{"c":"true"}}}"#
        for (service, error) in [
            ("plain", CatalogError.notConfigurable(try #require(Name("plain")))),
            ("none", .unknownService(try #require(Name("none")))),
            ("agent", .notConfigurable(try #require(Name("agent")))),
        ] {
            #expect(throws: error) { try order(service, services) }
        }
    }

    @Test func ownOneIsTheMainFileWithItsServices() throws {
        let (order, _) = try order("agent", section: #"{"own_configuration":true}"#)
        #expect(order.definition.taking == .agent)
        #expect(order.definition.places.map(\.name) == ["main.json", "services.d/"])
        #expect(order.definition.places.map(\.path) == [main, directory.path("services.d/")])
        #expect(order.definition.check?.words(file: "/f").suffix(2) == ["check", "/f"])
    }

    @Test func predecessorsKeysImplyIt() throws {
        let report = ConfigurationReport()
        let root = { (text: String) in
            try #require(ConfigurationDocument(file: "m", text: Array(text.utf8), report: report)).root
        }
        #expect(ConfigReplacer.isImplied(by: try root(#"{"Services":{"collectd":{"PIDPath":"/x"}}}"#)))
        #expect(!ConfigReplacer.isImplied(by: try root(#"{"Services":{"collectd":{"commands":{}}}}"#)))
        #expect(!ConfigReplacer.isImplied(by: try root("{}")))
    }

    /// What was cut off is finished by a task of the agent's own, once it has somebody who does tasks.
    @Test func leftoverIsFinished() async throws {
        let bench = try bench()
        let state = directory.path("state")
        mkdir("\(state)/config", 0o700)
        mkdir("\(state)/config/s", 0o700)
        let record = """
            C
            {"v":1,"request":"r","attempt":1,"service":"s","definition":{"places":[{"name":"a","path":"/a"}],\
            "taking":{"kind":"none"}},"files":[]}
            """
        try directory.write(record, to: "state/config/s/transaction")
        let runner = try PluginBench<RecordingRunner>().plugin
        bench.agent.taskRunner = runner
        try await bench.whileRunning {
            while runner.tasks.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        }
        let verbs = runner.tasks.map(\.verb)
        #expect(verbs == [.replace(ReplaceRequest(service: try #require(Name("s")), change: .finish))])
        #expect(runner.tasks.first?.from == "config-replacer")
        // And again when a replacement was ended from outside.
        try await bench.plugin.handle(
            TaskResult(taskID: .integer(1), timestamp: Timestamp(seconds: 0), message: "", code: .timedOut))
        #expect(runner.tasks.count == 2)
        try await bench.plugin.handle(
            TaskResult(taskID: .integer(1), timestamp: Timestamp(seconds: 0), message: "", code: .success))
        #expect(runner.tasks.count == 2)
    }

    /// Every catalog of the page is one.
    @Test func catalogsOfThePageAreTaken() throws {
        let page = try text("Sources/Plugins/ConfigReplacer/README.md")
        let blocks = page.components(between: "```json catalog\n", and: "```")
        #expect(blocks.count == 2)
        for block in blocks { #expect(try !Self.catalog(block).configurable.isEmpty) }
    }

    private func text(_ path: String) throws -> String {
        let root = #filePath.dropLast("/Tests/Plugins/ConfigReplacerTests/ConfigReplacerTests.swift".count)
        let file = try #require(fopen("\(root)/\(path)", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}

/// Notes the tasks that it is given.
final class RecordingRunner: TaskRunner {
    static let name = "recording-runner"
    private let noted = Mutex<[TaskMessage]>([])

    struct Configuration: PluginConfiguration {
        init?(_ section: ConfigurationSection, host: HostIdentity) {}
    }

    init(configuration: Configuration, context: PluginContext) {}

    var tasks: [TaskMessage] { noted.withLock { $0 } }

    func run(_ task: TaskMessage) { noted.withLock { $0.append(task) } }
}

extension String {
    fileprivate func components(between start: String, and end: String) -> [String] {
        var (rest, found): (Substring, [String]) = (self[...], [])
        while let begin = rest.firstRange(of: start) {
            rest = rest[begin.upperBound...]
            guard let stop = rest.firstRange(of: end) else { return found }
            found.append(String(rest[..<stop.lowerBound]))
            rest = rest[stop.upperBound...]
        }
        return found
    }
}
