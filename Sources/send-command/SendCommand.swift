import CommandCatalog
import Glibc
import ProgramOptions

/// The program: read, talk, report.
@main
enum SendCommand {
    static func main() {
        StandardStreams.open()
        let signals = Signals()
        let words = Array(CommandLine.arguments.dropFirst())
        do throws(UsageError) {
            try checkEncoding()
            let arguments = try Arguments(words)
            exit(try answer(arguments, signals))
        } catch {
            exit(refuse(error, isJSON: words.contains("--json"), signals))
        }
    }

    private static func answer(_ arguments: Arguments, _ signals: Signals) throws(UsageError) -> CInt {
        switch arguments.question {
        case .help: return tell(HelpText.help, signals)
        case .version: return tell(ProgramVersion.current + "\n", signals)
        case nil: return run(try Call(arguments), signals)
        }
    }

    private static func run(_ call: Call, _ signals: Signals) -> CInt {
        for warning in call.settings.warnings { StandardStreams.complain("warning: \(warning)") }
        let report = call.report
        var exchange = Exchange(call, report: report, signals: signals)
        let ending = exchange.run()
        return signals.released {
            guard StandardStreams.print(report.output(ending, followed: exchange.followed)) else {
                return Ending.outputClosed.exitCode
            }
            if let text = report.detail(ending) { StandardStreams.complain(text) }
            if let text = report.explanation(ending) { StandardStreams.complain(text) }
            return ending.exitCode
        }
    }

    private static func tell(_ text: String, _ signals: Signals) -> CInt {
        signals.released { StandardStreams.print(text) ? 0 : Ending.outputClosed.exitCode }
    }

    /// Says what is wrong, and how the program is called.
    private static func refuse(_ error: UsageError, isJSON: Bool, _ signals: Signals) -> CInt {
        signals.released {
            StandardStreams.complain(error.description)
            StandardStreams.printError("\(HelpText.usage)\nSee 'send-command --help'.\n")
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
