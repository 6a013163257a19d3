import ArgumentParser
import Glibc

/// The program: read, talk, report.
@main
enum SendCommand {
    static func main() async {
        StandardStreams.open()
        let signals = Signals()
        let arguments = Array(CommandLine.arguments.dropFirst())
        let ending: CInt
        do {
            try checkEncoding()
            ending = await run(try Arguments.parse(arguments), signals)
        } catch let error as UsageError {
            ending = refuse(error, isJSON: arguments.contains("--json"), signals)
        } catch {
            ending = answer(error, isJSON: arguments.contains("--json"), signals)
        }
        exit(ending)
    }

    private static func run(_ arguments: Arguments, _ signals: Signals) async -> CInt {
        do throws(UsageError) {
            let call = try Call(arguments)
            for warning in call.settings.warnings { StandardStreams.complain("warning: \(warning)") }
            let report = call.report
            let exchange = Exchange(settings: call.settings, sender: call.sender, report: report, signals: signals)
            let ending = await exchange.run()
            return signals.released {
                let isPrinted = StandardStreams.print(report.output(ending))
                guard isPrinted else { return Ending.outputClosed.exitCode }
                if let text = report.explanation(ending) { StandardStreams.complain(text) }
                return ending.exitCode
            }
        } catch {
            return refuse(error, isJSON: arguments.json, signals)
        }
    }

    /// Says what is wrong, and how the program is called.
    private static func refuse(_ error: UsageError, isJSON: Bool, _ signals: Signals) -> CInt {
        signals.released {
            StandardStreams.complain(error.description)
            StandardStreams.printError("Usage: \(Arguments.usageString())" + "\nSee 'send-command --help'.\n")
            let ending = Ending.usage(error)
            if isJSON { _ = StandardStreams.print(Report.json(ending, taskID: nil) + "\n") }
            return ending.exitCode
        }
    }

    /// Help and version are errors for the parser, too.
    private static func answer(_ error: any Error, isJSON: Bool, _ signals: Signals) -> CInt {
        guard Arguments.exitCode(for: error) == .success else {
            return refuse(UsageError(Arguments.message(for: error)), isJSON: isJSON, signals)
        }
        let text = Arguments.fullMessage(for: error, columns: 80)
        return signals.released { StandardStreams.print(text + "\n") ? 0 : Ending.outputClosed.exitCode }
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
