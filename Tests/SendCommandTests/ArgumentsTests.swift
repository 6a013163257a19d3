import Testing

@testable import TaskSending
@testable import send_command
import ProgramOptions

@Suite struct ArgumentsTests {
    @Test func theLettersAreThoseOfThePredecessor() throws {
        let arguments = try Arguments(
            [
                "-h", "b", "-u", "me", "-p", "-secret", "-s", "-q", "1", "-t", "t", "-r", "r", "hello", "exec", "a=1",
            ], verbs: SendCommand.verbs)
        let expected: [OptionName: String] = [
            .host: "b", .user: "me", .password: "-secret", .secure: "true", .qos: "1", .topic: "t", .resultTopic: "r",
        ]
        #expect(arguments.texts == expected)
        #expect(arguments.words == ["hello", "exec", "a=1"])
    }

    @Test(arguments: CommandLineOption.names(SendCommand.verbs)) func everyLongNameIsUnderstood(name: String) throws {
        let option = try #require(CommandLineOption(name, SendCommand.verbs))
        #expect(option.name == name)
        let words = option.isFlag ? ["--\(name)"] : ["--\(name)=true"]
        let arguments = try Arguments(words, verbs: SendCommand.verbs)
        let isTaken =
            !arguments.texts.isEmpty || !arguments.verbs.isEmpty || arguments.optionsFile != nil
            || arguments.question != nil
        #expect(isTaken)
    }

    static let spellings: [([String], [OptionName: String], [String])] = [
        (["-t", "a", "s", "c", "-t", "b"], [.topic: "b"], ["s", "c"]),
        (["-ta", "s"], [.topic: "a"], ["s"]),
        (["-sta"], [.secure: "true", .topic: "a"], []),
        (["-st", "a"], [.secure: "true", .topic: "a"], []),
        (["--topic=a=b"], [.topic: "a=b"], []),
        (["--topic="], [.topic: ""], []),
        (["--topic=-a"], [.topic: "-a"], []),
        (["--timeout", "-1"], [.timeout: "-1"], []),
        (["s", "--", "-t", "--json", "--"], [:], ["s", "-t", "--json", "--"]),
        (["-", "", "a-b"], [:], ["-", "", "a-b"]),
    ]

    @Test(arguments: spellings)
    func optionsMayBeSpelledAsUsual(typed: [String], texts: [OptionName: String], words: [String]) throws {
        let arguments = try Arguments(typed, verbs: SendCommand.verbs)
        #expect(arguments.texts == texts)
        #expect(arguments.words == words)
    }

    /// A01: what no option is.
    @Test(arguments: [
        (["--tmeout", "1"], "unknown option --tmeout; did you mean --timeout?"),
        (["--bogus"], "unknown option --bogus"),
        (["-x"], "unknown option -x"),
        (["-sx"], "unknown option -x"),
        (["--host"], "--host needs a value"),
        (["-t"], "-t needs a value"),
        (["-t", "--json"], "-t needs a value, found --json; if that is the value, write --topic=--json"),
        (["--json=1"], "--json takes no value"),
    ])
    func whatIsNotUnderstoodIsNamed(typed: [String], message: String) {
        #expect(throws: UsageError(message)) { try Arguments(typed, verbs: SendCommand.verbs) }
    }

    @Test func aQuestionIsAnsweredWhateverFollows() throws {
        #expect(try Arguments(["--help", "--bogus"], verbs: SendCommand.verbs).question == .help)
        #expect(try Arguments(["s", "--version"], verbs: SendCommand.verbs).question == .version)
        #expect(try Arguments(["--", "--help"], verbs: SendCommand.verbs).question == nil)
    }

    @Test(arguments: CommandLineOption.names(SendCommand.verbs)) func helpNamesEveryOption(name: String) throws {
        let option = try #require(CommandLineOption(name, SendCommand.verbs))
        let line = try #require(
            HelpText.help.split(separator: "\n").first { $0.contains("--\(name) ") || $0.hasSuffix(name) })
        #expect(line.contains("<") != option.isFlag)
        let letter = try #require(line.dropFirst(3).first)
        #expect(line.hasPrefix("  -") == (CommandLineOption(letter: letter) == option))
    }

    @Test func helpFitsOnATerminal() {
        #expect(HelpText.help.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test func helpSaysAllOfIt() {
        #expect(HelpText.help == Self.help)
    }
}
