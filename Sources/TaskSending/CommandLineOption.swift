import ProgramOptions

/// An option of the command line.
enum CommandLineOption: Equatable {
    /// One that may also stand elsewhere.
    case setting(OptionName)
    /// One that makes something else of this one task.
    case verb(VerbOption)
    /// The options file.
    case options
    case help
    case version

    /// The long names, without dashes.
    static func names(_ verbs: [VerbOption]) -> [String] {
        OptionName.allCases.map(\.rawValue) + verbs.map(\.rawValue) + ["options", "help", "version"]
    }

    /// The option of a long name, without dashes.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - verbs: What the program has of these.
    init?(_ name: String, _ verbs: [VerbOption]) {
        switch name {
        case "options": self = .options
        case "help": self = .help
        case "version": self = .version
        default:
            if let verb = VerbOption(rawValue: name), verbs.contains(verb) {
                self = .verb(verb)
            } else if let name = OptionName(rawValue: name) {
                self = .setting(name)
            } else {
                return nil
            }
        }
    }

    /// The option of a letter: those of the predecessor, so `h` is the host.
    init?(letter: Character) {
        switch letter {
        case "h": self = .setting(.host)
        case "u": self = .setting(.user)
        case "p": self = .setting(.password)
        case "s": self = .setting(.secure)
        case "q": self = .setting(.qos)
        case "t": self = .setting(.topic)
        case "r": self = .setting(.resultTopic)
        default: return nil
        }
    }

    /// The long name, without dashes.
    var name: String {
        switch self {
        case .setting(let name): name.rawValue
        case .verb(let verb): verb.rawValue
        case .options: "options"
        case .help: "help"
        case .version: "version"
        }
    }

    /// Whether it has no value.
    var isFlag: Bool {
        switch self {
        case .setting(.secure), .setting(.json), .setting(.quiet), .setting(.detail), .setting(.follow),
            .setting(.retry), .setting(.cancelOnInterrupt), .help, .version:
            true
        case .verb(let verb): verb.isFlag
        default: false
        }
    }

    /// Whether a value that begins with a dash is taken as it is: a password and an id may, and a negative number
    /// deserves the complaint about numbers.
    var mayBeginWithDash: Bool {
        switch self {
        case .setting(.password), .setting(.timeout), .verb(.cancel), .verb(.fetch), .verb(.offset), .verb(.length):
            true
        default: false
        }
    }
}
