import ConfigurationReader

/// A file `f.json` that stands in the source of a test.
struct SectionText {
    let report = ConfigurationReport()
    let document: ConfigurationDocument?

    init(_ text: String) {
        document = ConfigurationDocument(file: "f.json", text: Array(text.utf8), report: report)
    }

    var root: ConfigurationSection? { document?.root }

    /// The mistakes, each as the operator sees it.
    var mistakes: [String] { report.mistakes.map(\.description) }

    /// The warnings, each as the operator sees it.
    var warnings: [String] { report.warnings.map(\.description) }
}
