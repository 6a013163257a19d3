import ConfigurationReader
import ProgramOptions

/// The command line, as it was typed.
///
/// Options may stand anywhere before `--`: `--name value`, `--name=value`, `-x value`, `-xvalue`; letters without a value
/// may be joined. Of an option given twice the last counts. (Read by hand, because the time in which swift-argument-parser
/// reads its twenty options of then is the time of a whole round trip: see `docs/decisions`.)
package struct Arguments: Equatable, Sendable {
    /// The words that are no options: service, command, parameters.
    package private(set) var words: [String] = []
    /// The options.
    private(set) var texts: [OptionName: String] = [:]
    /// The options that make something else of this one task.
    package private(set) var verbs: [VerbOption: String] = [:]
    /// The options file, where one is named.
    private(set) var optionsFile: String?
    /// What is wanted instead of a task.
    private(set) var question: Question?

    private let known: [VerbOption]

    /// What the program tells about itself.
    enum Question: Equatable, Sendable {
        case help
        case version
    }

    /// Reads the words behind the program's name.
    ///
    /// - Parameters:
    ///   - typed: The words.
    ///   - known: Which of these options the program has.
    /// - Throws: The first word that cannot be understood.
    init(_ typed: [String], verbs known: [VerbOption]) throws(UsageError) {
        self.known = known
        var rest = typed[...]
        while let word = rest.popFirst(), question == nil {
            if word == "--" {
                words += rest
                return
            } else if word.hasPrefix("--") {
                try takeLong(word.dropFirst(2), &rest)
            } else if word.hasPrefix("-"), word != "-" {
                try takeLetters(word.dropFirst(), &rest)
            } else {
                words.append(word)
            }
        }
    }

    private mutating func takeLong(_ text: Substring, _ rest: inout ArraySlice<String>) throws(UsageError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let (name, value) = (String(parts[0]), parts.count == 2 ? String(parts[1]) : nil)
        guard let option = CommandLineOption(name, known) else {
            let nearest = NearestName(of: name, among: CommandLineOption.names(known)).nearest
            throw UsageError("unknown option --\(name)\(nearest.map { "; did you mean --\($0)?" } ?? "")")
        }
        if option.isFlag {
            guard value == nil else { throw UsageError("--\(name) takes no value") }
            set(option, "true")
        } else if let value {
            set(option, value)
        } else {
            set(option, try next(option, typed: "--\(name)", &rest))
        }
    }

    private mutating func takeLetters(_ text: Substring, _ rest: inout ArraySlice<String>) throws(UsageError) {
        var letters = text
        while let letter = letters.popFirst() {
            guard let option = CommandLineOption(letter: letter) else {
                throw UsageError("unknown option -\(letter)")
            }
            guard option.isFlag else {
                let value = letters.isEmpty ? try next(option, typed: "-\(letter)", &rest) : String(letters)
                set(option, value)
                return
            }
            set(option, "true")
        }
    }

    /// The value of an option in the next word.
    private func next(
        _ option: CommandLineOption, typed: String, _ rest: inout ArraySlice<String>
    ) throws(UsageError) -> String {
        guard let value = rest.popFirst() else { throw UsageError("\(typed) needs a value") }
        // More likely a forgotten value than a topic of this name.
        guard !value.hasPrefix("-") || option.mayBeginWithDash else {
            throw UsageError(
                "\(typed) needs a value, found \(value); if that is the value, write --\(option.name)=\(value)")
        }
        return value
    }

    private mutating func set(_ option: CommandLineOption, _ value: String) {
        switch option {
        case .setting(let name): texts[name] = value
        case .verb(let name): verbs[name] = value
        case .options: optionsFile = value
        case .help: question = .help
        case .version: question = .version
        }
    }
}
