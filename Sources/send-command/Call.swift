import CommandCatalog
import Glibc
import ProgramOptions

/// One call of the program: settings, sender and task.
struct Call {
    let settings: Settings
    let sender: Sender
    let task: TaskMessage

    /// Reads command line, environment and options file.
    init(_ arguments: Arguments) throws(UsageError) {
        let commandLine = try GivenOptions(OptionTexts.commandLine(arguments.texts))
        let request = try Self.request(arguments.words)
        let environment = try GivenOptions(OptionTexts.environment(Self.variable))
        let file =
            if let path = arguments.optionsFile { try OptionsFile.read(path) } else {
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

    private static func request(_ words: [String]) throws(UsageError) -> TaskRequest {
        guard words.count >= 2 else {
            throw UsageError("expected a service and a command, found \(words.isEmpty ? "neither" : "only one name")")
        }
        return try TaskRequest(service: words[0], command: words[1], assignments: Array(words.dropFirst(2)))
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
