import Glibc

/// Why there is no reading.
enum ReadingError: Error, Equatable, CustomStringConvertible {
    /// The system refused to tell about a path.
    case system(Int32, what: String)
    /// A file does not hold what it should.
    case unexpected(String, what: String)

    var description: String {
        switch self {
        case .system(let code, let what): "\(what): \(String(cString: strerror(code)))"
        case .unexpected(let text, let what): "expected \(what), found \(String(text.prefix(80)).debugDescription)"
        }
    }
}
