import ProgramOptions
import TaskSending

/// The program: a configuration as a task.
@main
enum SendConfig {
    /// What says which configuration it is, and what is wanted of it.
    static let verbs: [VerbOption] = [.service, .dryRun, .diff]

    static func main() {
        TaskProgram(
            name: "send-config", usage: HelpText.usage, help: HelpText.help, verbs: verbs,
            // Longer than a host takes by default for all of it: check, restart, and a minute to reach a broker again.
            defaultTimeout: .seconds(180)
        ) { arguments in
            Result { () throws(UsageError) in
                try TaskRequest(configuration: arguments.words, options: arguments.verbs)
            }
        }.run()
    }
}
