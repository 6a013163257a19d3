internal import CommandCatalog
internal import ConfigurationReader

/// Notices that the catalog's files changed, and reads them again.
struct CatalogWatch {
    private let file: String
    private let defaults: CommandDefaults
    private var seen: [FileSignature]

    /// A watch of a main file and the files in `services.d` beside it, as they are now.
    init(file: String, defaults: CommandDefaults) {
        self.file = file
        self.defaults = defaults
        seen = Self.signatures(of: file)
    }

    /// The catalog, if its files changed since the last call.
    ///
    /// - Parameter check: Looks at the whole configuration first, and throws its mistakes.
    /// - Returns: The new catalog, or `nil` when nothing changed.
    /// - Throws: All mistakes of the changed files; the next change is looked at again.
    mutating func change(
        afterwards check: () throws(ConfigurationError) -> Void = {}
    ) throws(ConfigurationError) -> CommandCatalog? {
        let now = Self.signatures(of: file)
        guard now != seen else { return nil }
        // Before the reading, so that what changes meanwhile is seen the next time.
        seen = now
        let catalog = try read()
        try check()
        return catalog
    }

    private func read() throws(ConfigurationError) -> CommandCatalog {
        let report = ConfigurationReport()
        let catalog = catalog(report)
        try report.finish()
        guard let catalog else { throw ConfigurationError([]) }
        return catalog
    }

    private func catalog(_ report: ConfigurationReport) -> CommandCatalog? {
        do throws(ConfigurationProblem) {
            let text = try TrustedFile(file)
            guard let document = ConfigurationDocument(file: file, text: text.bytes, report: report) else { return nil }
            let catalog = CatalogReader.read(document.root, defaults: defaults)
            guard catalog.hasServices else {
                document.root.mistake("there is no \"Services\" any more")
                return nil
            }
            // Only here: the other keys of the main file are those of the whole agent.
            document.root.section("Services")?.reportUnknownKeys()
            return catalog
        } catch {
            report.addMistake(error)
            return nil
        }
    }

    private static func signatures(of file: String) -> [FileSignature] {
        CatalogReader.files(of: file).map(FileSignature.init)
    }
}
