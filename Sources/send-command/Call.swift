import CommandCatalog
import Glibc

/// One call of the program: settings, sender and task.
struct Call {
    let settings: Settings
    let sender: Sender
    let task: TaskMessage

    /// Reads command line, environment and options file.
    init(_ arguments: Arguments) throws(UsageError) {
        let commandLine = try GivenOptions(OptionTexts.commandLine(arguments.texts))
        let request = try TaskRequest(
            service: arguments.service, command: arguments.command, assignments: arguments.parameters
        )
        let environment = try GivenOptions(OptionTexts.environment(Self.variable))
        let file =
            if let path = arguments.options { try OptionsFile.read(path) } else {
                try OptionsFile.read(home: Self.variable("HOME"))
            }
        settings = try Settings(commandLine: commandLine, others: [environment, file])
        var generator = SystemRandomNumberGenerator()
        sender = Sender(using: &generator)
        task = try request.task(id: sender.taskID, at: .now, reason: settings.reason, from: sender.name)
    }

    /// What is printed about it.
    var report: Report {
        Report(
            format: settings.format, task: task, topics: settings.topics, timeout: settings.timeout,
            isTerminal: StandardStreams.isOutputTerminal
        )
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
