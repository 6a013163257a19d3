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
            let end: ReplacementOutcome
            do throws(ConfigurationProblem) {
                let order = try Self.order(order)
                end = Replacer(order, isCancelled: { StopSignals.hasCome }, log: StandardError.print).run()
            } catch {
                end = ReplacementOutcome(
                    .configurationNotWritten, "Failed to write new config: the order cannot be read: \(error)")
            }
            print(end.message)
            throw ExitCode(end.code.replacerStatus)
        }

        /// Reads an order, and removes its file; nothing else is removed, whatever the path names.
        private static func order(_ path: String) throws(ConfigurationProblem) -> ReplacementOrder {
            let file = try TrustedFile(path)
            guard let order = (try? JSONText(file.bytes)).flatMap({ ReplacementOrder(json: $0.value) }) else {
                throw ConfigurationProblem(file: path, message: "expected an order as an agent writes it")
            }
            unlink(path)
            return order
        }
    }
}
