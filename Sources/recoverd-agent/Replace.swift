import ArgumentParser
import CommandCatalog
import ConfigurationReader
import Glibc
import JSON
import Replacement

extension RecoverdAgent {
    /// What the agent has the runner start to replace a configuration; not for people, who have `replace-config`.
    struct Replace: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replaces a configuration, as an agent has ordered it.", shouldDisplay: false)

        @Option(help: "The file of the order, which is removed.")
        var order: String

        func run() throws {
            StopSignals.note()
            let outcome = Self.order(order).map { order in
                Replacer(order, isCancelled: { StopSignals.hasCome }, log: StandardError.print).run()
            }
            let end =
                outcome
                ?? ReplacementOutcome(
                    .configurationNotWritten, "Failed to write new config: the order \(order) cannot be read")
            print(end.message)
            throw ExitCode(end.code.replacerStatus)
        }

        private static func order(_ path: String) -> ReplacementOrder? {
            defer { unlink(path) }
            guard let file = try? TrustedFile(path), let json = try? JSONText(file.bytes) else { return nil }
            return ReplacementOrder(json: json.value)
        }
    }
}
