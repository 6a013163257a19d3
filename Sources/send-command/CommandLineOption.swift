import ProgramOptions

/// An option of the command line.
enum CommandLineOption: Equatable {
    /// One that may also stand elsewhere.
    case setting(OptionName)
    /// The options file.
    case options
    case help
    case version

    /// The long names, without dashes.
    static let names = OptionName.allCases.map(\.rawValue) + ["options", "help", "version"]

    /// The option of a long name, without dashes.
    init?(_ name: String) {
        switch name {
        case "options": self = .options
        case "help": self = .help
        case "version": self = .version
        default:
            guard let name = OptionName(rawValue: name) else { return nil }
            self = .setting(name)
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
        case .options: "options"
        case .help: "help"
        case .version: "version"
        }
    }

    /// Whether it has no value.
    var isFlag: Bool {
        switch self {
        case .setting(.secure), .setting(.json), .setting(.quiet), .help, .version: true
        default: false
        }
    }

    /// Whether a value that begins with a dash is taken as it is: a password may, and a negative time deserves the
    /// complaint about times.
    var mayBeginWithDash: Bool { self == .setting(.password) || self == .setting(.timeout) }
}
