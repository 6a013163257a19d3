import CommandCatalog
import ConfigurationReader
import PluginKit

@testable import RemoteExecutor

/// What the executor makes of a main file.
struct ConfigurationText {
    let report = ConfigurationReport()
    let configuration: RemoteExecutor.Configuration?

    init(_ text: String, file: String = "/nowhere/f.json") {
        guard let host = HostIdentity("h1"),
            let document = ConfigurationDocument(file: file, text: Array(text.utf8), report: report)
        else {
            configuration = nil
            return
        }
        configuration = RemoteExecutor.Configuration(document.root, host: host)
        document.reportUnknownKeys()
    }

    var mistakes: [String] { report.mistakes.map(\.description) }
    var warnings: [String] { report.warnings.map(\.description) }
}
