import ArgumentParser
import CommandCatalog
import ConfigurationReader
import Escaping
import JSON
import Policy

/// `recoverctl policy`: who may what.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Looks at a policy, without an agent.", subcommands: [Check.self])

    func run() throws { throw ValidationError("expected a subcommand: check") }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Explains what a policy says to a request; without one, only looks for mistakes.",
            discussion: "Exit status: 0 allowed, or no mistakes; 4 denied; 78 mistakes.")

        @Option(help: "The policy file.")
        var policy: String
        @Option(help: "The agent's main file: names that its catalog does not have are told.")
        var config: String?
        @OptionGroup var request: RequestFlags
        @OptionGroup var format: FormatFlags

        func run() throws {
            let report = ConfigurationReport()
            let request = try request.request()
            let policy = PolicyReader.read(policy, report: report, at: request?.time ?? .now)
            let catalog = try config.map { path throws(Failure) in try CatalogFile.read(path) }
            if let policy, let catalog { policy.reportUnknownNames(against: catalog, to: report) }
            guard let policy else { throw Failure(ConfigurationError(report.mistakes)) }
            try PolicySheet(policy, request, catalog, warnings: report.warnings).report.finish(format.format)
        }
    }
}

/// The catalog of an agent's main file.
enum CatalogFile {
    /// Reads the services of a main file and of the files beside it; its other keys are the agent's.
    static func read(_ path: String) throws(Failure) -> CommandCatalog {
        let report = ConfigurationReport()
        let catalog = read(path, report)
        guard report.mistakes.isEmpty, let catalog else { throw Failure(ConfigurationError(report.mistakes)) }
        return catalog
    }

    private static func read(_ path: String, _ report: ConfigurationReport) -> CommandCatalog? {
        do throws(ConfigurationProblem) {
            let file = try TrustedFile(path)
            guard let document = ConfigurationDocument(file: path, text: file.bytes, report: report) else { return nil }
            // Timeouts are not looked at.
            let catalog = CatalogReader.read(document.root, defaults: CommandDefaults())
            document.root.section("Services")?.reportUnknownKeys()
            return catalog
        } catch {
            report.addMistake(error)
            return nil
        }
    }
}
