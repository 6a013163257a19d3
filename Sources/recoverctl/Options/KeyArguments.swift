import CommandCatalog
import ConfigurationReader
import Signatures

/// Names of keys and roles, as they are typed.
enum KeyArgument {
    /// Reads a name.
    static func name(_ text: String, of what: String) throws(Failure) -> KeyID {
        guard let id = KeyID(text) else {
            throw Failure(
                .usage,
                "\(what): expected a name of letters, digits, \".\", \"_\" and \"-\" that begins with a letter or digit, "
                    + "at most 64, found \(text.debugDescription)")
        }
        return id
    }
}

extension Failure {
    /// A file that cannot be used.
    init(_ problem: ConfigurationProblem) { self.init(.configuration, problem.description) }

    /// Files that cannot be used.
    init(_ error: ConfigurationError) { self.init(.configuration, error.description) }

    /// A directory of keys that stays as it is.
    init(_ error: KeyDirectory.ChangeError, about id: KeyID, in directory: String) {
        switch error {
        case .unusable(let mistakes): self.init(mistakes)
        case .refused(let reason): self.init(.refused, "\(id): \(reason)")
        case .unknown: self.init(.noTarget, "there is no key \(id) in \(directory)")
        }
    }
}
