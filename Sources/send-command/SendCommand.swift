import ProgramOptions
import TaskSending

/// The program: a command of the agent's catalog as a task.
@main
enum SendCommand {
    /// What makes something else of the task.
    static let verbs: [VerbOption] = [.check, .cancel, .fetch, .stream, .offset, .length]

    static func main() {
        TaskProgram(
            name: "send-command", usage: HelpText.usage, help: HelpText.help, verbs: verbs
        ) { arguments in
            Result { () throws(UsageError) in try TaskRequest(arguments.words, options: arguments.verbs) }
        }.run()
    }
}
