import CommandCatalog
import ProgramOptions
import TaskSending

extension TaskRequest {
    /// Reads what is to be sent.
    ///
    /// That of collectd goes as the predecessor sends it, so that its agents take it too; what they do not know goes in a
    /// form that they do not take for a configuration of collectd.
    ///
    /// - Parameters:
    ///   - words: The path.
    ///   - options: The service, and what else is wanted.
    /// - Throws: What is wrong with them, or with what is there.
    init(configuration words: [String], options: [VerbOption: String]) throws(UsageError) {
        guard let path = words.first, words.count == 1 else {
            throw UsageError("expected the path of a configuration, found \(words.count) words")
        }
        let text = options[.service] ?? ReplaceRequest.usualService
        guard let service = Name(text) else {
            throw UsageError("--service: expected 1 to 255 bytes without control characters")
        }
        let isDryRun = options[.dryRun] != nil
        let wantsDifference = options[.diff] != nil
        let change = try ConfigurationSource(path).change()
        let isPlain = service.text == ReplaceRequest.usualService && !isDryRun && !wantsDifference
        if isPlain, case .text(let text) = change {
            self.init(.config(text))
        } else {
            self.init(
                .replace(
                    ReplaceRequest(
                        service: service, change: change, isDryRun: isDryRun, wantsDifference: wantsDifference)))
        }
    }
}
