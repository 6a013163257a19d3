public import ConfigurationReader
internal import Files
internal import Glibc
internal import JSON

/// Reads the catalog of a main configuration file and of the files in `services.d` beside it.
public struct CatalogReader {
    private let defaults: CommandDefaults
    private let report: ConfigurationReport
    private var services: [Name: Service]?
    /// Commands that run as root without saying so, and the first of them.
    private var silentRoots: (count: Int, first: String) = (0, "")

    /// Keys that the predecessor has in `Services.collectd`; they belong to the replacement of configurations.
    private static let predecessorKeys = [
        "CommandPath", "ConfigPath", "PIDPath", "ReplacerReportPath", "LuaPath", "Path",
    ]

    /// How many files `services.d` may hold.
    private static let mostFiles = 1000

    /// Reads `Services` of a main file's root, and every `services.d/*.json` beside it.
    ///
    /// - Parameters:
    ///   - root: The root of the main file.
    ///   - defaults: What commands have that say nothing else.
    /// - Returns: The catalog; incomplete where mistakes were reported.
    public static func read(_ root: ConfigurationSection, defaults: CommandDefaults) -> CommandCatalog {
        var reader = CatalogReader(defaults: defaults, report: root.report)
        reader.readServices(of: root)
        for path in servicesDirectory(beside: root.file).files(report: root.report) { reader.readFile(path) }
        if reader.services == nil {
            root.warning("there is no \"Services\"; every task will be answered 0x1001")
        }
        reader.warnOfSilentRoots(in: root)
        return CommandCatalog(services: reader.services)
    }

    /// The files that a catalog is read from: the main file and those in `services.d`.
    ///
    /// - Parameter mainFile: The path of the main file.
    /// - Returns: The paths, the main file first.
    public static func files(of mainFile: String) -> [String] {
        [mainFile] + servicesDirectory(beside: mainFile).files(report: ConfigurationReport())
    }

    private init(defaults: CommandDefaults, report: ConfigurationReport) {
        self.defaults = defaults
        self.report = report
    }

    private static func servicesDirectory(beside file: String) -> ServicesDirectory {
        let parent = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        return ServicesDirectory(path: "\(parent)services.d", mostFiles: mostFiles)
    }

    private mutating func readFile(_ path: String) {
        do throws(ConfigurationProblem) {
            let file = try TrustedFile(path)
            guard let document = ConfigurationDocument(file: path, text: file.bytes, report: report) else { return }
            readServices(of: document.root)
            document.reportUnknownKeys()
        } catch {
            report.addMistake(error)
        }
    }

    private mutating func readServices(of root: ConfigurationSection) {
        guard let section = root.section("Services") else { return }
        if services == nil { services = [:] }
        for (text, service) in section.sections() { readService(text, service, in: section) }
    }

    private mutating func readService(_ text: String, _ section: ConfigurationSection, in parent: ConfigurationSection)
    {
        let service = service(text, section)
        guard let name = Name(text) else {
            return section.mistake("expected a service name of 1 to 255 bytes without control characters")
        }
        guard text != CommandCatalog.reservedService else {
            return section.mistake("the service \"\(text)\" is the agent's own; choose another name")
        }
        if let other = services?[name] {
            return section.mistake("the service \"\(text)\" is defined in \(other.file) already")
        }
        services?[name] = service
    }

    private mutating func service(_ name: String, _ section: ConfigurationSection) -> Service {
        var service = Service(file: section.file)
        if name == "collectd" {
            service.configuration = ConfigurationDefinition(predecessor: section)
            for key in Self.predecessorKeys { section.allow(key) }
        }
        if let configuration = section.section("configuration") {
            let usual = name == "collectd" ? ConfigurationDefinition.collectd : nil
            service.configuration = ConfigurationDefinition(configuration, base: service.configuration ?? usual)
        }
        service.description = section.value("description", .text, default: "")
        guard let commands = commandsSection(of: section) else { return service }
        for text in commands.names() {
            let command = CommandDefinition(text, in: commands, defaults: defaults)
            guard let name = Name(text) else {
                commands.mistake("expected a command name of 1 to 255 bytes without control characters", at: text)
                continue
            }
            service.commands[name] = command
            if let command { checkRights(of: command, text, in: commands) }
        }
        return service
    }

    private mutating func checkRights(of command: CommandDefinition, _ text: String, in commands: ConfigurationSection)
    {
        if command.settings.user == nil, defaults.requiresUser {
            commands.mistake(
                "needs \"user\", be it \"root\", because \"RequireUser\" is on; a line becomes an object with \"program\"",
                at: text)
        } else if command.settings.user == nil, geteuid() == 0 {
            silentRoots = (silentRoots.count + 1, silentRoots.count == 0 ? text : silentRoots.first)
        }
        guard let program = command.programPath else { return }
        switch ProgramTrust(of: program, runAs: command.settings.userID) {
        case .trusted: break
        case .doubtful(let reason): commands.warning("\(reason); proceeding", at: text)
        case .refused(let reason): commands.warning("\(reason); until then it is not executed", at: text)
        }
    }

    private func warnOfSilentRoots(in root: ConfigurationSection) {
        guard silentRoots.count > 0 else { return }
        let what = silentRoots.count == 1 ? "a command runs" : "\(silentRoots.count) commands run"
        root.warning(
            "\(what) as root without saying so, such as \"\(silentRoots.first)\"; give each a \"user\", or have "
                + "\"RequireUser\" insist on it")
    }

    /// The predecessor's code says `commands`, its manual `Commands`.
    private func commandsSection(of section: ConfigurationSection) -> ConfigurationSection? {
        let lower = section.section("commands")
        guard section["Commands"] != nil else { return lower }
        let upper = section.section("Commands")
        guard let lower else { return upper }
        section.mistake("there is \"commands\" as well; keep one of the two", at: "Commands")
        for name in upper?.names() ?? [] { upper?.allow(name) }
        return lower
    }
}

/// The directory by which packages bring services of their own.
private struct ServicesDirectory {
    let path: String
    let mostFiles: Int

    /// Its `*.json` files in the order of their names; none where there is no such directory.
    func files(report: ConfigurationReport) -> [String] {
        var names: [String] = []
        do throws(FileFailure) {
            names = try FileTree.names(in: path).filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }
        } catch {
            if FileTree.isThere(path) { addMistake(error.message, to: report) }
        }
        if names.count > mostFiles {
            addMistake("holds \(names.count) files; at most \(mostFiles) are read", to: report)
        }
        return names.sorted().prefix(mostFiles).map { "\(path)/\($0)" }
    }

    private func addMistake(_ message: String, to report: ConfigurationReport) {
        report.addMistake(ConfigurationProblem(file: path, message: message))
    }
}
