import CommandCatalog
import ConfigurationReader
import JSON
import TestSupport
import Testing

/// A main file in a directory of its own, with what a catalog is made of.
final class CatalogFile {
    let directory: TemporaryDirectory
    let report = ConfigurationReport()

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// The path of the main file.
    var path: String { directory.path("main.json") }

    /// Reads this text as main file; the keys beside `Services` count as known.
    func read(
        _ text: String, defaultTimeout: Duration = .seconds(600), requiresUser: Bool = false,
        backend: CommandBackend = .runner
    ) -> CommandCatalog? {
        guard let document = ConfigurationDocument(file: path, text: Array(text.utf8), report: report) else {
            return nil
        }
        let catalog = CatalogReader.read(
            document.root,
            defaults: CommandDefaults(timeout: defaultTimeout, requiresUser: requiresUser, backend: backend))
        for name in document.root.names() { document.root.allow(name) }
        document.reportUnknownKeys()
        return catalog
    }

    /// The mistakes, with the directory taken out of them.
    var mistakes: [String] { texts(report.mistakes) }

    /// The warnings, with the directory taken out of them.
    var warnings: [String] { texts(report.warnings) }

    private func texts(_ problems: [ConfigurationProblem]) -> [String] {
        problems.map { problem in
            var text = problem.description[...]
            var result = ""
            while let prefix = text.firstRange(of: directory.path + "/") {
                result += text[..<prefix.lowerBound]
                text = text[prefix.upperBound...]
            }
            return result + text
        }
    }

    /// The catalog of a text that has no mistakes.
    static func catalog(_ text: String) throws -> CommandCatalog {
        let file = try CatalogFile()
        let catalog = file.read(text)
        #expect(file.mistakes.isEmpty)
        return try #require(catalog)
    }

    /// The catalog whose one service `s` has these commands, as JSON without the outer braces.
    static func catalog(commands: String) throws -> CommandCatalog {
        try catalog("{\"Services\":{\"s\":{\"commands\":{\(commands)}}}}")
    }

    /// The mistakes of the command `c` of the service `s`, without their place.
    static func mistakes(ofCommand command: String) throws -> [String] {
        let file = try CatalogFile()
        _ = file.read("{\"Services\":{\"s\":{\"commands\":{\"c\":\(command)}}}}")
        return file.report.mistakes.map { "\($0.path): \($0.message)" }
    }
}

extension CommandCatalog {
    /// The command of a task with these names and parameters.
    func command(_ service: String, _ command: String, _ parameters: [(String, JSONValue)]? = nil) throws -> Command {
        let given = try parameters?.reduce(into: [Name: JSONValue]()) { $0[try #require(Name($1.0))] = $1.1 }
        let request = CommandRequest(
            service: try #require(Name(service)), command: try #require(Name(command)), parameters: given)
        return try self.command(for: request)
    }

    /// The argument vector of the command `c` of the service `s`.
    func arguments(_ parameters: [(String, JSONValue)]? = nil) throws -> [String] {
        guard case .program(let arguments) = try command("s", "c", parameters).invocation else { return [] }
        return arguments
    }
}
