import CSystem
import CommandCatalog
import Files
import Glibc
package import ProgramOptions

/// A program that sends one task and waits for its answer: read, talk, report.
package struct TaskProgram: Sendable {
    /// What it is called.
    let name: String
    /// How it is called, in one line.
    let usage: String
    /// All that it tells about itself.
    let help: String
    /// Which of these options it has.
    let verbs: [VerbOption]
    /// How long a user who says nothing waits.
    let defaultTimeout: Duration
    /// What the words and options of a call ask for, or what is wrong with them.
    let request: @Sendable (Arguments) -> Result<TaskRequest, UsageError>

    /// A program.
    package init(
        name: String, usage: String, help: String, verbs: [VerbOption],
        defaultTimeout: Duration = Settings.defaultTimeout,
        request: @escaping @Sendable (Arguments) -> Result<TaskRequest, UsageError>
    ) {
        (self.name, self.usage, self.help, self.verbs) = (name, usage, help, verbs)
        (self.defaultTimeout, self.request) = (defaultTimeout, request)
    }

    /// Does what the command line says, and ends.
    package func run() -> Never {
        Descriptor.openStandardStreams()
        // A key and passwords are in there.
        csystem_keep_memory_private()
        let signals = Signals()
        let words = Array(CommandLine.arguments.dropFirst())
        do throws(UsageError) {
            try Self.checkEncoding()
            exit(try answer(try Arguments(words, verbs: verbs), signals))
        } catch {
            exit(refuse(error, isJSON: words.contains("--json"), signals))
        }
    }

    private func answer(_ arguments: Arguments, _ signals: Signals) throws(UsageError) -> CInt {
        switch arguments.question {
        case .help: return Self.tell(help, signals)
        case .version: return Self.tell(ProgramVersion.current + "\n", signals)
        case nil:
            // What is read may be a pipe that nobody fills: who waits for that can end it.
            let call = signals.released { Result { () throws(UsageError) in try Call(arguments, of: self) } }
            return Self.run(try call.get(), signals)
        }
    }

    private static func run(_ call: Call, _ signals: Signals) -> CInt {
        for warning in call.settings.warnings { StandardStreams.complain("warning: \(warning)") }
        let report = call.report
        var exchange = Exchange(call, report: report, signals: signals)
        let ending = exchange.run()
        return signals.released {
            guard StandardStreams.print(report.output(ending, followed: exchange.followed)),
                correct(report, ending, exchange.followed)
            else { return Ending.outputClosed.exitCode }
            if let text = report.detail(ending) { StandardStreams.complain(text) }
            if let text = report.explanation(ending) { StandardStreams.complain(text) }
            return ending.exitCode
        }
    }

    /// Shows what the host has signed where something else was shown before; not, when nobody reads it any more.
    private static func correct(_ report: Report, _ ending: Ending, _ followed: FollowedOutput) -> Bool {
        for stream in OutputStream.allCases {
            guard let correction = report.correction(ending, of: stream, followed: followed) else { continue }
            StandardStreams.complain(correction.alarm)
            switch stream {
            case .stdout: guard StandardStreams.print(correction.text) else { return false }
            case .stderr: StandardStreams.passOn(correction.text)
            }
        }
        return true
    }

    private static func tell(_ text: String, _ signals: Signals) -> CInt {
        signals.released { StandardStreams.print(text) ? 0 : Ending.outputClosed.exitCode }
    }

    /// Says what is wrong, and how the program is called.
    private func refuse(_ error: UsageError, isJSON: Bool, _ signals: Signals) -> CInt {
        signals.released {
            StandardStreams.complain(error.description)
            StandardStreams.printError("\(usage)\nSee '\(name) --help'.\n")
            let ending = Ending.usage(error)
            if isJSON { _ = StandardStreams.print(Report.json(ending, taskID: nil) + "\n") }
            return ending.exitCode
        }
    }

    /// Swift repairs what is not UTF-8 in silence, and another command might be run than was typed.
    private static func checkEncoding() throws(UsageError) {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[index] else { return }
            guard String(validatingCString: argument) != nil else {
                throw UsageError("argument \(index) is not valid UTF-8")
            }
        }
    }
}
